import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createKeyset,
  encodeJwks,
  generateSigningKey,
  importSigningKey,
  importVerificationKey,
} from '@barlink/signing';
import { barlink, useFolder } from './command.ts';

const makeArguments = [
  ...['code', 'make', '--acquirer', '100001', '--merchant-id', 'TEA-7', '--payee', 'Tea House'],
  ...['--city', 'Hangzhou', '--category', '5812'],
];

describe('barlink keys and verify', function () {
  this.timeout(60_000);
  const file = useFolder();
  let verifyArguments: string[] = [];

  before(async () => {
    const made = await barlink(['keys', 'new', '-o', file('acquirer.json'), '--json']);
    assert.equal(made.exit, 0);
    const { codeKeyId: _, ...publicJwk } = JSON.parse(made.out);
    const switchKey = await generateSigningKey('EdDSA');
    const issuedAt = new Date(Date.now() - 3_600_000);
    const keyset = await createKeyset([{ acquirer: '100001', key: await importVerificationKey(publicJwk) }], {
      key: switchKey,
      issuer: 'switch',
      issuedAt,
      expiresAt: new Date(issuedAt.getTime() + 86_400_000),
    });
    writeFileSync(file('keyset.json'), JSON.stringify({ keyset }));
    writeFileSync(
      file('keys.json'),
      JSON.stringify(encodeJwks([await importVerificationKey(switchKey.publicJwk)])),
    );
    verifyArguments = [
      '--keyset',
      file('keyset.json'),
      '--switch-keys',
      file('keys.json'),
      '--switch-id',
      'switch',
    ];
  });

  it('keeps the private key to its owner, whole, and never overwrites it', async () => {
    assert.equal(statSync(file('acquirer.json')).mode & 0o777, 0o600);
    await assert.doesNotReject(importSigningKey(JSON.parse(readFileSync(file('acquirer.json'), 'utf8'))));
    const again = await barlink(['keys', 'new', '-o', file('acquirer.json')]);
    assert.equal(again.exit, 3);
    assert.match(again.err, /CLI_FILE_EXISTS/);
    const shown = await barlink(['keys', 'show', file('acquirer.json'), '--json']);
    assert.equal(JSON.parse(shown.out).d, undefined);
    assert.match(JSON.parse(shown.out).codeKeyId, /^[A-Z2-7]{8}$/);
    assert.equal((await barlink(['keys', 'new', '-o', '-'])).exit, 2);
  });

  it('verifies a signed code from its poster', async () => {
    const { out } = await barlink([...makeArguments, '--key', file('acquirer.json')]);
    writeFileSync(file('code.txt'), out);
    const print = await barlink([
      'print',
      'poster',
      file('code.txt'),
      '-o',
      file('poster.png'),
      '--dpi',
      '120',
    ]);
    assert.equal(print.exit, 0, print.err);
    const verified = await barlink(['verify', file('poster.png'), ...verifyArguments]);
    assert.match(verified.out, /^verified: .*\n +payee +Tea House\n/);
    assert.equal(verified.exit, 0);
    const json = await barlink(['verify', file('poster.png'), ...verifyArguments, '--json']);
    assert.equal(JSON.parse(json.out).merchant.merchantId, 'TEA-7');
  });

  it('says no to an unsigned code, to one of another key, and to an old keyset', async () => {
    const unsigned = (await barlink(makeArguments)).out.trim();
    const bare = await barlink(['verify', unsigned, ...verifyArguments]);
    assert.deepEqual([bare.exit, bare.out.split(':')[0]], [1, 'unsigned']);
    await barlink(['keys', 'new', '-o', file('other.json')]);
    const other = (await barlink([...makeArguments, '--key', file('other.json')])).out.trim();
    const foreign = await barlink(['verify', other, ...verifyArguments]);
    assert.equal(foreign.exit, 1);
    assert.match(foreign.err, /CODE_SIGNATURE_KEY_UNKNOWN/);
    const late = await barlink(['verify', other, ...verifyArguments, '--at', '2040-01-01']);
    assert.match(late.err, /KEYSET_EXPIRED/);
    assert.match(
      (await barlink(['verify', other, ...verifyArguments, '--at', 'soon'])).err,
      /CLI_OPTION_INVALID/,
    );
  });
});

describe('barlink print', function () {
  this.timeout(60_000);
  const file = useFolder();
  let payload = '';
  before(async () => {
    payload = (await barlink(makeArguments)).out.trim();
  });

  it('prints labels, cards and payer codes in every format', async () => {
    const label = await barlink([
      ...[
        'print',
        'labels',
        payload,
        '-o',
        file('labels.svg'),
        '--stock',
        'L7165',
        '--copies',
        '10',
        '--json',
      ],
    ]);
    assert.equal(label.exit, 0, label.err);
    assert.deepEqual(JSON.parse(label.out).files, [file('labels-1.svg'), file('labels-2.svg')]);
    const card = await barlink(['print', 'card', '-', '-o', '-'], { input: payload });
    assert.match(card.out, /^%PDF-/);
    const payer = await barlink([
      'print',
      'payer',
      '391234567890123456789017',
      '-o',
      file('payer.png'),
      '--dpi',
      '150',
    ]);
    assert.equal(payer.exit, 0, payer.err);
    const read = await barlink(['code', 'read', '--reveal', file('payer.png')]);
    assert.match(read.out, /Code128[\s\S]*QRCode|QRCode[\s\S]*Code128/);
  });

  it('warns of what had better be changed, and refuses it when strict', async () => {
    const args = ['print', 'card', payload, '-o', file('card.pdf'), '--distance', '3000'];
    const warned = await barlink(args);
    assert.equal(warned.exit, 0);
    assert.match(warned.err, /warning {2}.* \(PRINT_SYMBOL_TOO_SMALL\)/);
    const strict = await barlink([...args, '--strict']);
    assert.equal(strict.exit, 1);
  });

  it('prints a batch, reports bad lines by number, and goes on after Ctrl-C', async () => {
    const lines = Array.from({ length: 120 }, (_, at) =>
      [`100001,M-${at},Tea ${at},${at === 4 ? '' : 'Hangzhou'},5812,CN,156,茶馆 ${at}`].join(','),
    );
    const heading = 'acquirer,merchantId,payee,city,category,country,currency,name';
    writeFileSync(file('merchants.csv'), `${heading}\n${lines.join('\n')}\n`);
    const key = await barlink(['keys', 'new', '-o', file('key.json')]);
    assert.equal(key.exit, 0);
    const args = [
      ...['print', 'batch', file('merchants.csv'), '-o', file('out'), '--form', 'card', '--new-code-ids'],
      ...['--key', file('key.json')],
    ];
    await stopAfterFirstFile(args, file('out'));
    const written = readdirSync(file('out')).filter((name) => name.endsWith('.pdf')).length;
    assert.ok(written > 0 && written < 119, `${written} written`);
    const { out, err, exit } = await barlink(args);
    assert.equal(exit, 1);
    assert.match(out, new RegExp(`^${119 - written} printed, ${written} before, 1 left out, of 120`));
    assert.match(out, /line 6 city: .*QR_OBJECT_/);
    assert.match(err, /120 of 120/);
    assert.equal(readdirSync(file('out')).filter((name) => name.endsWith('.pdf')).length, 119);
    const journal = readFileSync(file('out/printed.jsonl'), 'utf8').trim().split('\n').slice(1);
    assert.equal(new Set(journal.map((line) => JSON.parse(line).payload)).size, 119);
  });

  it('says which CSV cannot be read', async () => {
    const { err, exit } = await barlink(['print', 'batch', file('none.csv'), '-o', file('none')]);
    assert.equal(exit, 3);
    assert.match(err, /none\.csv cannot be read.*CLI_FILE_UNREADABLE/);
  });
});

/** Presses Ctrl-C once there is something to go on from. */
async function stopAfterFirstFile(args: readonly string[], folder: string): Promise<void> {
  const program = fileURLToPath(new URL('../bin/barlink.js', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
  const exit = new Promise<number | null>((resolve) => {
    child.on('exit', resolve);
  });
  while (!existsSync(folder) || readdirSync(folder).filter((name) => name.endsWith('.pdf')).length < 3) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  child.kill('SIGINT');
  assert.equal(await exit, 130);
}
