import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import {
  account,
  again,
  changeToken,
  createDraft,
  createRequest,
  createTokenFixture,
  createUse,
  type TokenFixture,
  vaultKey,
} from './token-fixture.ts';

/** Everything a thief of the database would have, as text: every row of every table. */
async function dumpTables({ database }: TokenFixture): Promise<string> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

/** The forms in which a secret text could lie in a row. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Base64 of the text at each of the three ways it can stand in a longer one.
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64url');
    return text.slice(Math.ceil((shift * 4) / 3), text.length - 2);
  });
  return [secret, bytes.toString('hex'), ...base64];
}

async function createOne(fixture: TokenFixture) {
  const draft = createDraft();
  const message = createRequest(fixture, draft);
  const { body } = await fixture.service.create(message, fixture.participant('wallet-one'), draft);
  return { body, message };
}

/** All byte values inside, however deep. */
function listBytes(value: unknown): readonly Buffer[] {
  if (value instanceof Uint8Array) {
    return [Buffer.from(value)];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listBytes) : [];
}

describe('what the database knows of a secret (spec/tokens.md 1.2)', () => {
  let fixture: TokenFixture;
  before(async () => {
    fixture = await createTokenFixture();
  });
  after(() => fixture.close());

  it('finds a canary that lies in clear, so that not finding one means something', async () => {
    const forms = formsOf('canary-in-clear');
    for (const body of ['canary-in-clear', Buffer.from('x canary-in-clear').toString('base64url')]) {
      const client = await fixture.database.pool.connect();
      await client.query('begin');
      await client.query('create table canary (body bytea, text text)');
      await client.query('insert into canary values ($1, $2)', [Buffer.from(body), body]);
      const { rows } = await client.query<{ row: string }>('select t::text as row from canary t');
      await client.query('rollback');
      client.release();
      assert.ok(forms.some((form) => rows[0]?.row.includes(form)));
    }
  });

  it('holds no clear account number or device key after a token was created and deleted', async () => {
    const draft = createDraft();
    const message = createRequest(fixture, draft);
    const wallet = fixture.participant('wallet-one');
    const { body } = await fixture.service.create(message, wallet, draft);
    await fixture.service.create(again(message), wallet, draft);
    const { tokenId, payerCode } = JSON.parse(body) as { tokenId: string; payerCode: { deviceKey: string } };
    await changeToken(fixture, 'bank-one', { tokenId, event: 'suspend' });
    await changeToken(fixture, 'wallet-one', { tokenId, event: 'delete' });

    const dump = await dumpTables(fixture);
    assert.ok(dump.includes(tokenId));
    const deviceKey = Buffer.from(payerCode.deviceKey, 'base64url');
    for (const form of [...formsOf(account), payerCode.deviceKey, deviceKey.toString('hex')]) {
      assert.ok(!dump.includes(form), 'a secret lies in clear in a table');
    }
    // With these in clear, account numbers could be tried until one fits.
    assert.ok(!dump.includes(message.signature));
    assert.ok(!dump.includes(Buffer.from(message.fingerprint).toString('base64url')));
  });

  it('holds none in its write-ahead log or in the tables of limits, refusals and codes, in the SM profile too', async function () {
    const { rows: settings } = await fixture.database.query<{ folder: string }>(
      `select current_setting('data_directory') || '/pg_wal' as folder`,
    );
    const folder = settings[0]?.folder ?? '';
    const sm = await fixture.startProcess({ vaultKey, algorithm: 'SM4CBC-HSM3' });
    const canary = '6222029988776655443';
    const draft = createDraft({
      account: canary,
      controls: { useLimits: [{ period: 'day', count: 1, amount: undefined }], categories: ['9999'] },
    });
    const { body } = await sm.service.create(
      createRequest(fixture, draft),
      fixture.participant('wallet-one'),
      draft,
    );
    const { tokenId } = JSON.parse(body) as { tokenId: string };
    await assert.rejects(sm.uses.useToken(tokenId, createUse()), { code: 'TOKEN_UNKNOWN' });
    await sm.refusals.settled();
    await fixture.rotation.begin();
    await fixture.rotation.reseal();
    const dump = await dumpTables(fixture);
    assert.ok(dump.includes(tokenId));
    await fixture.database.query('select pg_switch_wal()').catch(() => undefined);
    if (!existsSync(folder)) {
      this.skip();
    }
    const log = Buffer.concat(
      readdirSync(folder)
        .filter((name) => /^[0-9A-F]{24}$/.test(name))
        .map((name) => readFileSync(join(folder, name))),
    );
    assert.ok(log.includes(Buffer.from('wallet-one')), 'what is not secret is found there');
    for (const form of formsOf(canary)) {
      assert.ok(!dump.includes(form) && !log.includes(Buffer.from(form)));
    }
  });

  it('is never sent one, so that neither its log nor its WAL can hold one', async () => {
    const sent: unknown[] = [];
    const { query } = pg.Client.prototype;
    pg.Client.prototype.query = function spy(this: pg.Client, ...values: unknown[]) {
      sent.push(values[0]);
      return Reflect.apply(query, this, values);
    } as typeof query;
    const { body, message } = await createOne(fixture).finally(() => {
      pg.Client.prototype.query = query;
    });
    const { payerCode } = JSON.parse(body) as { payerCode: { deviceKey: string } };
    const deviceKey = Buffer.from(payerCode.deviceKey, 'base64url');
    const texts = inspect(sent, { depth: null, maxArrayLength: null, maxStringLength: null });
    const bytes = listBytes(sent).map((one) => one.toString('hex'));
    assert.ok(texts.includes(message.idempotencyKey) && bytes.length > 0);
    for (const secret of [Buffer.from(account), deviceKey, Buffer.from(payerCode.deviceKey)]) {
      assert.ok(!texts.includes(secret.toString('latin1')));
      assert.ok(!bytes.some((one) => one.includes(secret.toString('hex'))));
    }
  });

  it('still has the signed request as evidence, for whoever has the vault', async () => {
    const draft = createDraft();
    const message = createRequest(fixture, draft);
    const { body } = await fixture.service.create(message, fixture.participant('wallet-one'), draft);
    const { tokenId } = JSON.parse(body) as { tokenId: string };
    const [evidence] = await fixture.audit.listEvidence(tokenId);
    assert.equal(evidence?.signature, 'sealed');
    const { sender, idempotencyKey } = message;
    const opened = fixture.vault.openMessage({
      sender,
      idempotencyKey,
      body: Buffer.from(evidence?.body ?? ''),
    });
    assert.equal(opened.signature, message.signature);
    assert.deepEqual(opened.body, message.body);
  });

  it('does not open an account moved into another row', async () => {
    const make = async (asked: string) => {
      const draft = createDraft({ account: asked });
      const message = createRequest(fixture, draft);
      const { body } = await fixture.service.create(message, fixture.participant('wallet-one'), draft);
      return (JSON.parse(body) as { tokenId: string }).tokenId;
    };
    const [mine, rich] = [await make('1111222233334444'), await make('9999888877776666')];
    await fixture.database.query({
      text: `update tokens set account_sealed = other.account_sealed from tokens other
        where tokens.token_id = $1 and other.token_id = $2`,
      values: [mine, rich],
    });
    await assert.rejects(fixture.uses.openToken(mine));
  });

  it('tells nothing of the account in a refusal', async () => {
    fixture.issuer.word = { status: 200, value: { outcome: 'declined', reason: 'ACCOUNT_BLOCKED' } };
    const draft = createDraft();
    const error: unknown = await fixture.service
      .create(createRequest(fixture, draft), fixture.participant('wallet-one'), draft)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error);
    assert.ok(!`${JSON.stringify(error)} ${error.stack}`.includes(account));
  });
});
