import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeMerchantCode } from '@barlink/codes';
import { toBuffer } from 'qrcode';
import { barlink, useFolder } from './command.ts';

const makeArguments = [
  ...['code', 'make', '--acquirer', '100001', '--merchant-id', 'TEA-7', '--payee', 'Tea House'],
  ...['--city', 'Hangzhou', '--category', '5812'],
];
const payerCode = '391234567890123456789017';

describe('barlink code', function () {
  this.timeout(30_000);
  const file = useFolder();
  let payload = '';

  before(async () => {
    payload = (await barlink(makeArguments)).out.trim();
    writeFileSync(file('code.png'), await toBuffer(payload));
  });

  it('makes a static code with an id of its own, and a dynamic one', async () => {
    const { codeId, mode, currency } = decodeMerchantCode(payload);
    assert.match(codeId, /^[0-9A-HJKMNP-TV-Z]{16}$/);
    assert.deepEqual([mode, currency], ['static', '156']);
    const { out, exit } = await barlink([
      ...makeArguments,
      '--amount',
      '12.50',
      '--reference',
      'A-1',
      '--json',
    ]);
    assert.equal(exit, 0);
    const made = decodeMerchantCode(JSON.parse(out).payload);
    assert.deepEqual([made.mode, made.amount, made.reference], ['dynamic', '12.50', 'A-1']);
  });

  it('names the options that are missing, and the field that is wrong', async () => {
    const missing = await barlink(['code', 'make', '--acquirer', '100001']);
    assert.equal(missing.exit, 2);
    assert.match(missing.err, /--merchant-id, --payee, --city, --category.*CLI_INPUT_MISSING/);
    const wrong = await barlink([...makeArguments, '--country', 'china']);
    assert.deepEqual([wrong.exit, wrong.out], [1, '']);
    assert.match(wrong.err, /^barlink: .*\(country\) QR_OBJECT_FORMAT\n$/);
  });

  it('reads a text, a picture, and either from stdin', async () => {
    const expected = /barlink {2}merchant, static/;
    for (const run of [
      barlink(['code', 'read', payload]),
      barlink(['code', 'read', file('code.png')]),
      barlink(['code', 'read'], { input: `${payload}\n` }),
      barlink(['code', 'read', '-'], { input: readFileSync(file('code.png')) }),
    ]) {
      const { out, exit } = await run;
      assert.match(out, expected);
      assert.ok(out.includes(payload));
      assert.equal(exit, 0);
    }
  });

  it('writes again, from JSON, what it read', async () => {
    const { out } = await barlink(['code', 'read', '--json', payload]);
    const [{ symbol, recognition, code }] = JSON.parse(out);
    assert.deepEqual([symbol, recognition.scheme, code.data.merchantId], [undefined, 'barlink', 'TEA-7']);
    const again = await barlink(['code', 'make', '--draft', '-'], { input: out });
    assert.equal(again.out.trim(), payload);
  });

  it('explains fields and objects, and names the rules a code breaks', async () => {
    const { out, exit } = await barlink(['code', 'explain', file('code.png')]);
    assert.equal(exit, 0);
    assert.match(out, /merchant +Tea House\n/);
    assert.match(out, /\n {2}59 +merchant name +Tea House\n/);
    assert.match(out, /breaks no rule/);
    const broken = await barlink(['code', 'explain', `${payload.slice(0, -4)}0000`]);
    assert.equal(broken.exit, 1);
    assert.match(broken.err, /QR_CRC_MISMATCH/);
  });

  it('keeps a payer\u2019s code to itself until it is asked', async () => {
    for (const command of ['read', 'explain']) {
      for (const format of [[], ['--json']]) {
        const { out, err } = await barlink(['code', command, ...format, payerCode]);
        assert.ok(!`${out}${err}`.includes(payerCode.slice(2, -2)), `${command} ${format}`);
      }
      const { out } = await barlink(['code', command, '--reveal', payerCode]);
      assert.ok(out.includes(payerCode));
    }
  });

  it('says what is no payment code, with 1', async () => {
    const { exit, out } = await barlink(['code', 'read', 'https://example.org']);
    assert.deepEqual([exit, out.split('\n')[0]], [1, 'no payment code']);
  });

  it('shows control characters of strangers by number', async () => {
    const { out } = await barlink(['code', 'read', 'evil\u001b[2J\u202etext']);
    assert.match(out, /evil\\u\{1b\}\[2J\\u\{202e\}text/);
  });
});

describe('what a user of barlink gets wrong', function () {
  this.timeout(30_000);
  const file = useFolder();

  const assertMistake = async (
    args: string[],
    code: string,
    exit: number,
    input: string | Uint8Array = '',
  ) => {
    const plain = await barlink(args, { input });
    assert.equal(plain.exit, exit, plain.err);
    assert.equal(plain.out, '');
    assert.doesNotMatch(plain.err, /\n\s+at |node:internal|Error:/);
    const json = await barlink([...args, '--json'], { input });
    assert.equal(json.exit, exit);
    assert.equal(JSON.parse(json.out).error.code, code);
  };

  it('a file that is not there', () =>
    assertMistake(['code', 'read', 'nowhere.png'], 'CLI_FILE_UNREADABLE', 3));

  it('a picture without a code, a broken one, and what is no picture', async () => {
    const white = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=',
      'base64',
    );
    await assertMistake(['code', 'read', '-'], 'CLI_PICTURE_EMPTY', 1, white);
    await assertMistake(['code', 'read', '-'], 'CLI_PICTURE_UNREADABLE', 1, '%PDF-1.7');
    await assertMistake(['code', 'read', '-'], 'CLI_PICTURE_UNREADABLE', 1, Uint8Array.of(255, 254, 0, 200));
  });

  it('JSON that is none', () =>
    assertMistake(['code', 'make', '--draft', '-'], 'CLI_JSON_MALFORMED', 1, '{'));

  it('commands and options that do not exist', async () => {
    await assertMistake(['code', 'read', '--no-such'], 'CLI_USAGE_INVALID', 2);
    await assertMistake(['pring'], 'CLI_USAGE_INVALID', 2);
    const { err } = await barlink(['code', 'reed']);
    assert.match(err, /Did you mean read/);
  });

  it('a code a poster cannot have, an ending no file has, a folder that is not there', async () => {
    const code = (await barlink(makeArguments)).out.trim();
    await assertMistake(['print', 'poster', payerCode, '-o', file('a.pdf')], 'PRINT_PAYLOAD_SECRET', 1);
    await assertMistake(['print', 'card', code, '-o', file('a.doc')], 'CLI_OPTION_INVALID', 2);
    await assertMistake(['print', 'card', code, '-o', file('no/a.svg')], 'CLI_FILE_UNWRITABLE', 3);
  });

  it('asks for an input on a terminal instead of waiting for one', async () => {
    const { run } = await import('../src/index.ts');
    const written: string[] = [];
    const sink = { write: (text: string | Uint8Array) => written.push(String(text)) };
    const exit = await run(['code', 'read'], {
      stdin: Object.assign(
        (async function* () {
          yield new Uint8Array();
        })(),
        { isTTY: true },
      ),
      stdout: sink,
      stderr: sink,
      env: {},
      now: () => new Date(),
      signal: new AbortController().signal,
    });
    assert.equal(exit, 2);
    assert.match(written.join(''), /CLI_INPUT_MISSING/);
  });
});

describe('how barlink speaks', function () {
  this.timeout(30_000);

  it('has examples in the help of every command', async () => {
    for (const command of [
      '',
      'code make',
      'code read',
      'code explain',
      'verify',
      'print poster',
      'print card',
    ]) {
      const { out, exit } = await barlink([...command.split(' ').filter(Boolean), '--help']);
      assert.equal(exit, 0);
      assert.match(out, /Examples?:\n {2}\$ barlink /, command);
    }
    assert.match((await barlink(['--help'])).out, /Exit codes:/);
    assert.match((await barlink(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  });

  it('has colours when asked for them, none in a pipe, and none with NO_COLOR', async () => {
    const control = String.fromCharCode(27);
    const hasColor = async (env: NodeJS.ProcessEnv) =>
      (await barlink(['code', 'explain', payerCode], { env })).out.includes(control);
    assert.deepEqual(
      await Promise.all([
        hasColor({}),
        hasColor({ FORCE_COLOR: '1' }),
        hasColor({ FORCE_COLOR: '1', NO_COLOR: '1' }),
      ]),
      [false, true, false],
    );
  });
});
