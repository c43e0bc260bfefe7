import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCsv } from '../src/csv.ts';

describe('readCsv', () => {
  const field = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .map((text) => text.replace(/[\r\n]/g, '').trim());
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 6 });

  it('reads what was written, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 20 }), async (table, chunkBytes) => {
        const text = table.map((row) => row.map(quote).join(',')).join('\r\n');
        // The heading decides on the separator: make it have commas enough.
        const bytes = Buffer.from(`a,b,c,d,e\r\n${text}`);
        const read = [];
        for await (const { fields, line } of readCsv(chunksOf(bytes, chunkBytes))) {
          read.push({ fields, line });
        }
        assert.deepEqual(
          read.slice(1),
          table.map((fields, index) => ({ fields, line: index + 2 })),
        );
      }),
    );
  });

  it('loses one line to a forgotten quote, and a line too long to be one', async () => {
    const bytes = Buffer.from(`a,b\n"x,1\ny,2\n${'z'.repeat(70_000)},3\n"u"v,4\nw,5`);
    const lines = [];
    for await (const { line, fields } of readCsv(chunksOf(bytes, 1000))) {
      lines.push([line, fields?.[1]]);
    }
    assert.deepEqual(lines, [
      [1, 'b'],
      [2, undefined],
      [3, '2'],
      [4, undefined],
      [5, undefined],
      [6, '5'],
    ]);
  });
});

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
