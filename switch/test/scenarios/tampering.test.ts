import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { makeCode, makeToken, startNetwork, type TestNetwork, yuan } from '../support/network.ts';

const program = fileURLToPath(new URL('../../../packages/cli/bin/barlink.js', import.meta.url));

interface Given extends TestNetwork {
  readonly folder: string;
  /** The sizes of the first and the latest head before anything was done. */
  readonly first: number;
  readonly size: number;
}

/** What `barlink audit verify --json` says. */
interface Said {
  readonly whole: boolean;
  readonly findings: readonly { code: string; index?: number; last?: number; size?: number }[];
}

/**
 * What somebody who rules the database does to it, and what the verifier must say. `do` answers the leaf it
 * was done to.
 */
interface Tampering {
  readonly it: string;
  readonly do: (pool: pg.Pool, given: Given) => Promise<number>;
  readonly found: (index: number, given: Given) => Said['findings'];
}

const tamperings: readonly Tampering[] = [
  {
    it: 'an edited message',
    do: async (pool) => {
      await unguarded(pool, `update messages set body = body || ' ' where target = '/v1/payments'`);
      return indexOf(
        pool,
        `kind = 1 and ref in (select idempotency_key from messages where target = '/v1/payments')`,
      );
    },
    found: (index) => [{ code: 'AUDIT_LEAF_EDITED', index }],
  },
  {
    it: 'an edited amount in the ledger',
    do: async (pool) => {
      await unguarded(pool, 'update ledger.transfers set amount = amount + 1 where pending_id is not null');
      return indexOf(
        pool,
        'kind = 3 and ref in (select id from ledger.transfers where pending_id is not null)',
      );
    },
    found: (index) => [{ code: 'AUDIT_LEAF_EDITED', index }],
  },
  {
    it: 'an edited hash in the tree',
    do: async (pool) => {
      await unguarded(pool, `update log_edge set hashes = overlay(hashes placing sha256('x') from 65)`);
      return 2;
    },
    found: (index, { first: size }) => [{ code: 'AUDIT_LEAF_EDITED', index, size }],
  },
  {
    it: 'a deleted message',
    do: async (pool) => {
      const index = await indexOf(
        pool,
        `kind = 1 and ref in (select idempotency_key from messages where target = '/v1/payments')`,
      );
      await unguarded(pool, `delete from messages where target = '/v1/payments'`);
      return index;
    },
    found: (index) => [{ code: 'AUDIT_LEAF_DELETED', index }],
  },
  {
    it: 'a transfer written past the triggers',
    do: async (pool) => {
      await unguarded(
        pool,
        `insert into ledger.transfers (id, debit_account_id, credit_account_id, amount, ledger, code, flags,
            timestamp)
          select gen_random_uuid(), credit_account_id, debit_account_id, 1, ledger, code, 0, timestamp
          from ledger.transfers limit 1`,
      );
      return -1;
    },
    found: () => [{ code: 'AUDIT_RECORD_UNLOGGED' }],
  },
  {
    it: 'two leaves that changed places',
    do: async (pool) => {
      const { rows } = await pool.query<{ hashes: Buffer }>('select hashes from log_edge where level = 0');
      const hashes = Buffer.from(rows[0]?.hashes ?? []);
      const [one, other] = [hashes.subarray(32, 64), hashes.subarray(128, 160)];
      const put = Buffer.concat([
        hashes.subarray(0, 32),
        other,
        hashes.subarray(64, 128),
        one,
        hashes.subarray(160),
      ]);
      await unguarded(pool, `update log_edge set hashes = '\\x${put.toString('hex')}' where level = 0`);
      return 1;
    },
    found: (index, { first: size }) => [{ code: 'AUDIT_LEAVES_REORDERED', index, last: 4, size }],
  },
  {
    it: 'a log cut off after an earlier head',
    do: async (pool, { first: size }) => {
      // With the leaves left there the sequencer would put them back, and nothing would be lost.
      await unguarded(
        pool,
        `delete from log_leaves using (select snapshot from log_heads where size = ${size}) head
          where not pg_visible_in_snapshot(transaction, head.snapshot)`,
      );
      await unguarded(pool, `delete from log_heads where size > ${size}`);
      await unguarded(pool, `update log_edge set hashes = substr(hashes, 1, ${size * 32}) where level = 0`);
      return size;
    },
    found: (index, { size }) => [
      { code: 'AUDIT_LOG_TRUNCATED', index, size },
      ...Array.from({ length: size - index }, () => ({ code: 'AUDIT_RECORD_UNLOGGED' })),
    ],
  },
];

describe('a database that was tampered with', () => {
  for (const tampering of tamperings) {
    it(`shows ${tampering.it}`, async () => {
      const given = await start();
      try {
        const seen = join(given.folder, 'seen.txt');
        assert.deepEqual((await verify(given, [await exportLog(given), '--seen', seen])).findings, []);
        const index = await tampering.do(given.switch.database.pool, given);
        const said = await verify(given, [await exportLog(given), '--seen', seen]);
        assert.equal(said.whole, false);
        const findings = said.findings.map(({ code, index, last, size }) => ({
          code,
          ...(index !== undefined && { index }),
          ...(last !== undefined && { last }),
          ...(size !== undefined && { size }),
        }));
        assert.deepEqual(findings, tampering.found(index, given));
      } finally {
        await end(given);
      }
    }).timeout(60_000);
  }

  it('shows a fork, also one that is signed with the key of the switch', async () => {
    const given = await start();
    try {
      const seen = join(given.folder, 'seen.txt');
      const check = () => verify(given, ['--url', given.switch.url, '--seen', seen, '--leaves']);
      assert.deepEqual((await check()).findings, []);
      const { pool } = given.switch.database;
      assert.deepEqual((await witness(given)).exit, 0);
      await isLogged(given);
      // The whole history anew, with another first leaf: the sequencer itself signs it, none the wiser.
      await unguarded(pool, 'delete from log_heads; delete from log_cosignatures');
      await unguarded(pool, `update log_leaves set transaction = '9'`);
      await unguarded(
        pool,
        `update log_leaves set hash = sha256('x') where (ref, kind, part) =
        (select ref, kind, part from log_leaves order by ref limit 1)`,
      );
      await unguarded(pool, `update log_edge set hashes = '' where level = 0`);
      await isLogged(given);
      const [finding, ...others] = (await check()).findings;
      assert.deepEqual([finding?.code, finding?.size, others], ['AUDIT_LOG_FORKED', given.size, []]);
      const told = await witness(given);
      assert.deepEqual([told.exit, JSON.parse(told.out).error.code], [1, 'LOG_HEAD_INCONSISTENT']);
    } finally {
      await end(given);
    }
  }).timeout(60_000);

  it('is whole by its proofs alone and by all of its leaves when nothing was done', async () => {
    const given = await start();
    try {
      const seen = join(given.folder, 'seen.txt');
      for (const how of [[], ['--leaves'], []]) {
        const said = await verify(given, ['--url', given.switch.url, '--seen', seen, ...how]);
        assert.deepEqual(said.findings, []);
        await given.wallet.send('DELETE', '/v1/tokens/01900000-0000-7000-8000-000000000000');
      }
      const kept = await readFile(seen, 'utf8');
      assert.equal(kept.trim().split('\n').length, 1);
    } finally {
      await end(given);
    }
  }).timeout(60_000);
});

/** The operator as witness: any participant can be one. */
function witness({ folder, switch: { url } }: Given) {
  const key = join(folder, 'operator.json');
  const state = join(folder, 'witness.txt');
  const keys = join(folder, 'keys.json');
  const who = ['--url', url, '--id', 'operator', '--key', key, '--switch-keys', keys];
  return barlink(['audit', 'witness', ...who, '--state', state, '--json']);
}

async function start(): Promise<Given> {
  const network = await startNetwork();
  const { acquirer, wallet, bank } = network;
  await isLogged(network);
  const { payload } = await makeCode(acquirer);
  const { tokenId } = await makeToken(wallet, bank);
  const request = { presentment: 'merchant', payload, tokenId, amount: yuan(1250) };
  await wallet.send('POST', '/v1/payments', request);
  await isLogged(network);
  const folder = await mkdtemp(join(tmpdir(), 'barlink-tampering-'));
  const keys = await (await fetch(`${network.switch.url}/v1/keys`)).text();
  await writeFile(join(folder, 'keys.json'), keys);
  const { operator } = network.switch;
  await writeFile(join(folder, 'operator.json'), JSON.stringify(operator.key.exportPrivateJwk()));
  const { heads } = (await (await fetch(`${network.switch.url}/v1/log/heads/0`)).json()) as {
    heads: { size: number }[];
  };
  const [first = 0, size = 0] = [heads[0]?.size, heads.at(-1)?.size];
  assert.ok(first > 4 && first < size);
  return { ...network, folder, first, size };
}

async function end(given: Given): Promise<void> {
  await given.stop();
  await rm(given.folder, { recursive: true });
}

async function exportLog({ folder, switch: { url } }: Given): Promise<string> {
  const out = join(
    folder,
    `${createHash('md5').update(String(process.hrtime.bigint())).digest('hex')}.ndjson`,
  );
  const key = join(folder, 'operator.json');
  const keys = join(folder, 'keys.json');
  const args = ['--url', url, '--id', 'operator', '--key', key, '--switch-keys', keys, '-o', out];
  const ended = await barlink(['audit', 'export', ...args]);
  assert.equal(ended.exit, 0, ended.err);
  return out;
}

async function verify({ folder }: Given, args: readonly string[]): Promise<Said> {
  const keys = join(folder, 'keys.json');
  const ended = await barlink(['audit', 'verify', ...args, '--switch-keys', keys, '--json']);
  const said = JSON.parse(ended.out) as Said;
  assert.equal(ended.exit, said.whole ? 0 : 1, ended.out);
  return said;
}

function barlink(args: readonly string[]): Promise<{ exit: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args]);
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on('data', (chunk) => out.push(String(chunk)));
    child.stderr.on('data', (chunk) => err.push(String(chunk)));
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out: out.join(''), err: err.join('') }));
  });
}

/** As somebody who rules the database does it: past all triggers. */
async function unguarded(pool: pg.Pool, sql: string): Promise<void> {
  const connection = await pool.connect();
  try {
    await connection.query('begin');
    await connection.query('set local session_replication_role = replica');
    await connection.query(sql);
    await connection.query('commit');
  } finally {
    connection.release();
  }
}

async function indexOf(pool: pg.Pool, where: string): Promise<number> {
  const { rows } = await pool.query<{ hash: Buffer }>(`select hash from log_leaves where ${where}`);
  const { rows: edges } = await pool.query<{ hashes: Buffer }>('select hashes from log_edge where level = 0');
  assert.equal(rows.length, 1);
  return (edges[0]?.hashes.indexOf(rows[0]?.hash ?? '') ?? -32) / 32;
}

async function isLogged({ switch: { database } }: TestNetwork): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const { rows } = await database.pool.query<{ isAll: boolean }>(
      `select (select count(*) from log_leaves) = (select max(size) from log_heads) as "isAll"`,
    );
    if (rows[0]?.isAll === true) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('leaves wait for 20 s');
}
