import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { recognize, validate } from '@barlink/codes';
import {
  drawCard,
  drawLabels,
  drawPayerCode,
  drawPoster,
  type LabelStockName,
  labelStocks,
  type Printout,
  type Sign,
  writePdf,
  writePng,
} from '../src/index.ts';
import { logo, payerCode, signed, unsigned } from './fixtures.ts';
import { hasPoppler, hasZbar, rasterise, readWithZbar, readWithZxing, spoil } from './reading.ts';

const signedSign: Sign = { payload: signed, name: '老街茶馆', schemes: ['alipay', 'wechat', 'unionpay'] };
const unsignedSign: Sign = { payload: unsigned, name: '老街茶馆', logo };
const logoSign: Sign = { payload: unsigned, name: '老街茶馆', symbolLogo: logo };

interface Form {
  readonly draw: (sign: Sign) => Printout;
  readonly signs: Readonly<Record<string, Sign>>;
}

const all = {
  'a signed code': signedSign,
  'an unsigned code': unsignedSign,
  'a code with a logo in it': logoSign,
};
const plain = { 'a signed code': signedSign, 'an unsigned code': unsignedSign };
const forms: Readonly<Record<string, Form>> = {
  'an A4 poster': { draw: (sign) => drawPoster(sign), signs: all },
  'an A5 poster': {
    draw: (sign) => drawPoster(sign, { size: 'A5', ink: 'light', color: 'ocean' }),
    signs: all,
  },
  'a counter card': { draw: (sign) => drawCard(sign), signs: all },
  ...Object.fromEntries(
    (Object.keys(labelStocks) as LabelStockName[]).map((stock) => [
      `a sheet ${stock}`,
      {
        draw: (sign: Sign) => drawLabels([sign], { stock, copies: stock === 'L7160' ? 21 : 3 }),
        signs: plain,
      },
    ]),
  ),
};

describe('what is printed is read back', function () {
  this.timeout(60_000);
  for (const [form, { draw, signs }] of Object.entries(forms)) {
    for (const [kind, sign] of Object.entries(signs)) {
      it(`${form} of ${kind}, from PNG, by zxing`, async () => {
        const printout = draw(sign);
        assert.deepEqual(printout.warnings, []);
        const [page] = printout.pages;
        assert.ok(page);
        const read = await readWithZxing(writePng(page, { typeface: printout.typeface, dpi: 150 }));
        assert.deepEqual(read, repeat(sign.payload, countSymbols(printout)));
      });
    }
  }

  it('a payer code, as Code 128 and as QR', async () => {
    const printout = drawPayerCode(payerCode);
    const [page] = printout.pages;
    assert.ok(page);
    const png = writePng(page, { typeface: printout.typeface, dpi: 120 });
    assert.deepEqual(await readWithZxing(png), [payerCode, payerCode]);
    if (hasZbar) {
      assert.deepEqual(readWithZbar(png), [payerCode, payerCode]);
    }
  });

  it('a card of every merchant code of the vectors, by zxing', async function () {
    const payloads = listPayloads();
    if (payloads.length === 0) {
      process.stdout.write('    the shared vectors are not beside the repository\n');
      this.skip();
    }
    for (const payload of payloads) {
      const printout = drawCard({ payload, name: '老街茶馆' }, { readingDistanceMm: 200 });
      const [page] = printout.pages;
      assert.ok(page);
      const read = await readWithZxing(writePng(page, { typeface: printout.typeface, dpi: 150 }));
      assert.deepEqual(read, [payload]);
    }
  });
});

describe('what is printed is read back from paper', function () {
  this.timeout(120_000);
  before(function () {
    if (!hasPoppler || !hasZbar) {
      process.stdout.write('    install zbar-tools and poppler-utils to read printed codes back from PDF\n');
      this.skip();
    }
  });

  for (const [form, { draw, signs }] of Object.entries(forms)) {
    for (const [kind, sign] of Object.entries(signs)) {
      for (const dpi of [150, 300]) {
        it(`${form} of ${kind} at ${dpi} dpi, by zbar and zxing`, () =>
          assertRead(draw(sign), { dpi, payload: sign.payload }));
      }
    }
    for (const damage of ['torn', 'stained', 'scratched'] as const) {
      it(`${form} with a tenth ${damage}, by zxing`, async () => {
        for (const [kind, sign] of Object.entries(signs)) {
          const printout = spoil(draw(sign), damage);
          const [png] = rasterise(await writePdf(printout), 300);
          assert.ok(png);
          const expected = repeat(sign.payload, countSymbols(printout));
          assert.deepEqual(await readWithZxing(png), expected, kind);
        }
      });

      // spec/printing.md 3: what zbar finds of a damaged symbol depends on the resolution, not on its size.
      it(`${form} with a tenth ${damage}, by zbar at one resolution or another`, async () => {
        for (const [kind, sign] of Object.entries(signs)) {
          if (damage === 'scratched' && sign.symbolLogo) continue;
          const printout = spoil(draw(sign), damage);
          const pdf = await writePdf(printout);
          const wanted = damage === 'scratched' ? 1 : countSymbols(printout);
          const isRead = [75, 150, 200, 300].some(
            (dpi) => countReads(pdf, { dpi, payload: sign.payload }) >= wanted,
          );
          assert.ok(isRead, kind);
        }
      });
    }
  }
});

function countReads(
  pdf: Uint8Array,
  { dpi, payload }: { readonly dpi: number; readonly payload: string },
): number {
  const [png] = rasterise(pdf, dpi);
  return png ? readWithZbar(png).filter((text) => text === payload).length : 0;
}

async function assertRead(
  printout: Printout,
  { dpi, payload }: { readonly dpi: number; readonly payload: string },
): Promise<void> {
  const [png] = rasterise(await writePdf(printout), dpi);
  assert.ok(png);
  const expected = repeat(payload, countSymbols(printout));
  assert.deepEqual(await readWithZxing(png), expected, 'zxing');
  assert.deepEqual(readWithZbar(png), expected, 'zbar');
}

function countSymbols({ pages }: Printout): number {
  return (pages[0]?.shapes ?? []).filter((shape) => shape.kind === 'path' && shape.isCrisp).length;
}

function repeat(text: string, count: number): string[] {
  return Array.from({ length: count }, () => text);
}

/** One payload of each scheme, those with bytes beyond ASCII too. */
function listPayloads(): string[] {
  const path = new URL('../../../../shared/vectors/codes.json', import.meta.url);
  if (!existsSync(path)) {
    return [];
  }
  const vectors: readonly { readonly payload: string }[] = JSON.parse(readFileSync(path, 'utf8'));
  const byScheme = new Map<string, string>();
  for (const { payload } of vectors) {
    const found = recognize(payload);
    if (found?.presentment === 'merchant' && !found.secret && validate(payload).length === 0) {
      byScheme.set(`${found.scheme} ${/[^ -~]/.test(payload)}`, payload);
    }
  }
  return [...byScheme.values()];
}
