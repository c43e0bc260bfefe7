import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attachSignature } from '@barlink/codes';
import { type BatchOptions, PrintError, type PrintErrorCode, printBatch } from '../src/index.ts';
import { logoPng, unsigned } from './fixtures.ts';
import { readWithZxing } from './reading.ts';

const heading = 'acquirer,merchantId,codeId,payee,city,category,country,currency,name,schemes';

describe('printBatch', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-batch-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const optionsOf = (csv: string | Buffer, options: Partial<BatchOptions> = {}): BatchOptions => {
    const csvPath = join(folder, 'merchants.csv');
    writeFileSync(csvPath, csv);
    return { csvPath, folder: join(folder, 'out'), draw: { form: 'card' }, format: 'svg', ...options };
  };
  const files = () => readdirSync(join(folder, 'out')).filter((name) => /^\d/.test(name));

  it('prints a file a line, whose code is the line\u2019s', async () => {
    const options = optionsOf(`${heading}\n${rows(3).join('\n')}\n`, { format: 'png', dpi: 120 });
    const { printed, bad, total, isStopped } = await printBatch(options);
    assert.deepEqual({ printed, bad, total, isStopped }, { printed: 3, bad: 0, total: 3, isStopped: false });
    assert.deepEqual(files(), ['000002-M-1.png', '000003-M-2.png', '000004-M-3.png']);
    for (const { file, payload } of journal(folder)) {
      assert.deepEqual(await readWithZxing(readFileSync(join(folder, 'out', file))), [payload]);
    }
  });

  it('leaves bad lines out, reports them by line and column, and prints the others', async () => {
    const good = rows(6);
    const csv = Buffer.concat([
      Buffer.from(`\ufeff${heading}\r\n${good[0]}\r\n`),
      Buffer.from(`${good[1]?.replace('CN', 'C')}\r\n\r\n`),
      Buffer.from(`${good[2]},one more\r\n`),
      Buffer.from(`${good[0]}\r\n`),
      Buffer.from(`${good[3]?.replace('茶馆 4', '☕')}\r\n`),
      Buffer.from([0xb2, 0xe8, 0xb9, 0xdd, 10]),
      Buffer.from(`${good[4]?.replace('茶馆 5', '"茶馆')}\r\n${good[5]?.replace('alipay', 'alipal')}\r\n`),
      Buffer.from(`${good[5]?.replace('茶馆 6', '"茶""馆, 6"')}`),
    ]);
    const { badRows, printed, total } = await printBatch(optionsOf(csv));
    assert.deepEqual(
      badRows.map(({ line, column, code }) => [line, column, code]),
      [
        [3, 'country', 'QR_OBJECT_FORMAT'],
        [5, undefined, 'PRINT_CSV_MALFORMED'],
        [6, undefined, 'PRINT_ROW_DUPLICATE'],
        [7, 'name', 'PRINT_GLYPH_MISSING'],
        [8, undefined, 'PRINT_CSV_MALFORMED'],
        [9, undefined, 'PRINT_CSV_MALFORMED'],
        [10, 'schemes', 'PRINT_SCHEME_UNKNOWN'],
      ],
    );
    assert.equal(printed, 2);
    assert.equal(total, 9);
    assert.deepEqual(files(), ['000002-M-1.svg', '000011-M-6.svg']);
    const rejected = readFileSync(join(folder, 'out', 'rejected.csv'), 'utf8').split('\n');
    assert.equal(rejected.length, 9);
    assert.match(rejected[1] ?? '', /^3,"country",QR_OBJECT_FORMAT,"/);
  });

  it('refuses headings it cannot work with', async () => {
    const headings: readonly (readonly [string, PrintErrorCode])[] = [
      ['', 'PRINT_CSV_MALFORMED'],
      [`${heading},colour`, 'PRINT_CSV_COLUMN_UNKNOWN'],
      [`${heading},name`, 'PRINT_CSV_COLUMN_MISSING'],
      ['name,city', 'PRINT_CSV_COLUMN_MISSING'],
    ];
    for (const [text, code] of headings) {
      await assert.rejects(printBatch(optionsOf(text)), refused(code));
    }
  });

  it('takes ready payloads, semicolons and tabs, and names of columns in any spelling', async () => {
    for (const separator of [';', '\t']) {
      const csv = `Payload${separator}NAME\n${unsigned}${separator}Tea\n`;
      const options = optionsOf(csv, { folder: join(folder, `out${separator.charCodeAt(0)}`) });
      assert.equal((await printBatch(options)).printed, 1);
    }
  });

  it('goes on where it was stopped, and tells how far it is', async () => {
    const stop = new AbortController();
    const options = optionsOf(`${heading}\n${rows(8).join('\n')}\n`);
    const first = await printBatch({
      ...options,
      signal: stop.signal,
      onProgress: ({ printed }) => printed === 3 && stop.abort(),
    });
    assert.deepEqual([first.printed, first.isStopped, files().length], [3, true, 3]);
    const seen: number[] = [];
    const second = await printBatch({ ...options, onProgress: ({ printed }) => seen.push(printed) });
    assert.deepEqual([second.printed, second.skipped, second.isStopped], [5, 3, false]);
    assert.deepEqual(seen, [0, 0, 0, 1, 2, 3, 4, 5]);
    assert.equal((await printBatch(options)).skipped, 8);
  });

  it('goes on after a kill in the middle, with every file whole and every line once', async () => {
    const options = optionsOf(`${heading}\n${rows(60).join('\n')}\n`, { format: 'pdf' });
    const child = spawn(
      process.execPath,
      [
        '--import=tsx',
        fileURLToPath(new URL('./batch-process.ts', import.meta.url)),
        JSON.stringify(options),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    for await (const chunk of child.stdout) {
      if (Number(String(chunk).trim().split('\n').at(-1)) >= 10) {
        child.kill('SIGKILL');
        break;
      }
    }
    await once(child, 'exit');
    const before = files().length;
    assert.ok(before >= 10 && before < 60, String(before));
    // What a kill within a write leaves behind.
    writeFileSync(join(folder, 'out', 'printed.jsonl'), '{"line":61,"fi', { flag: 'a' });
    const result = await printBatch(options);
    assert.equal(result.printed + result.skipped, 60);
    assert.ok(result.skipped >= before - 2);
    const lines = journal(folder).map(({ line }) => line);
    assert.deepEqual(
      [...lines].sort((a, b) => a - b),
      Array.from({ length: 60 }, (_, index) => index + 2),
    );
    assert.equal(files().filter((name) => name.endsWith('.pdf')).length, 60);
    for (const file of files()) {
      assert.match(readFileSync(join(folder, 'out', file), 'latin1'), /%%EOF\s*$/);
    }
  });

  it('does not mix batches in one folder', async () => {
    const options = optionsOf(`${heading}\n${rows(1).join('\n')}\n`);
    await printBatch(options);
    await assert.rejects(
      printBatch({ ...options, draw: { form: 'card', color: 'plum' } }),
      refused('PRINT_BATCH_MISMATCH'),
    );
    const other = optionsOf(`${heading}\n${rows(2).join('\n')}\n`);
    await assert.rejects(printBatch(other), refused('PRINT_BATCH_MISMATCH'));
    writeFileSync(join(folder, 'out', 'printed.jsonl'), 'notes of mine\n');
    await assert.rejects(printBatch(other), refused('PRINT_BATCH_MISMATCH'));
  });

  it('has payloads finished and ids made by the caller, and knows its codes again', async () => {
    const csv = `${heading.replace('codeId,', '')}\n${rows(2, { codeId: false }).join('\n')}\n`;
    let id = 0;
    const options = optionsOf(csv, {
      newCodeId: () => `01KANQ3Z8W4F7H2${(id++).toString()}`,
      finish: async (payload) => attachSignature(payload, { keyId: 'aB3_-xYz', signature: 'A'.repeat(96) }),
    });
    assert.equal((await printBatch(options)).printed, 2);
    assert.ok(journal(folder).every(({ payload }) => payload.includes('NET.BARLINK0108aB3_-xYz')));
  });

  it('takes logos from below the folder of the CSV only', async () => {
    writeFileSync(join(folder, 'cup.png'), logoPng);
    const inside = await printBatch(optionsOf(`payload,logo\n${unsigned},cup.png\n`));
    assert.equal(inside.printed, 1);
    const outside = await printBatch(
      optionsOf(`payload,logo\n${unsigned},../cup.png\n`, { folder: join(folder, 'out2') }),
    );
    assert.deepEqual(
      outside.badRows.map(({ code, column }) => [code, column]),
      [['PRINT_LOGO_INVALID', 'logo']],
    );
  });

  it('leaves lines with warnings out, when asked to', async () => {
    const options = optionsOf(`${heading}\n${rows(1).join('\n')}\n`, {
      draw: { form: 'card', readingDistanceMm: 2000 },
    });
    const { badRows } = await printBatch({ ...options, onWarning: 'leave-out' });
    assert.equal(badRows[0]?.code, 'PRINT_SYMBOL_TOO_SMALL');
    const { warnings } = await printBatch(options);
    assert.equal(warnings[0]?.line, 2);
  });
});

function rows(count: number, { codeId = true }: { readonly codeId?: boolean } = {}): string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const id = `01KANQ3Z8W4F${String(1000 + number)}`;
    return [
      ...['100001', `M-${number}`, ...(codeId ? [id] : []), `Tea House ${number}`, 'Hangzhou', '5812'],
      ...['CN', '156', `茶馆 ${number}`, 'alipay wechat'],
    ].join(',');
  });
}

function journal(folder: string): { line: number; file: string; payload: string }[] {
  const [, ...lines] = readFileSync(join(folder, 'out', 'printed.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

function refused(code: PrintErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof PrintError && error.code === code;
}
