import assert from 'node:assert/strict';
import { encodeMerchantCode } from '@barlink/codes';
import { Resvg } from '@resvg/resvg-js';
import {
  assertNoWarnings,
  chooseSymbol,
  createTypeface,
  drawCard,
  drawLabels,
  drawPayerCode,
  drawPoster,
  PrintError,
  type PrintErrorCode,
  readLogo,
  type Sign,
  writePng,
} from '../src/index.ts';
import { logo, logoPng, payerCode, signed, teahouse, unsigned } from './fixtures.ts';

const sign: Sign = { payload: unsigned, name: '老街茶馆' };

function refused(code: PrintErrorCode, path?: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof PrintError && error.code === code && (path === undefined || error.path === path);
}

describe('a sign', () => {
  it('refuses a payload that is no payment code', () => {
    for (const payload of ['', 'https://example.org', unsigned.slice(0, -1), `${unsigned.slice(0, -1)}0`]) {
      assert.throws(() => drawPoster({ ...sign, payload }), refused('PRINT_PAYLOAD_INVALID', 'payload'));
    }
  });

  it('never puts the secret code of a payer on paper', () => {
    assert.throws(() => drawCard({ ...sign, payload: payerCode }), refused('PRINT_PAYLOAD_SECRET'));
  });

  it('refuses names that are empty, too long, or of more than one line', () => {
    for (const name of ['', ' ', 'x'.repeat(61), 'a\nb', 'a\u202eb', 'a\u0000']) {
      assert.throws(() => drawPoster({ ...sign, name }), refused('PRINT_TEXT_INVALID', 'name'));
    }
    assert.throws(() => drawPoster({ ...sign, subtitle: '' }), refused('PRINT_TEXT_INVALID', 'subtitle'));
  });

  it('refuses characters the font lacks instead of printing boxes', () => {
    assert.throws(() => drawPoster({ ...sign, name: 'Café ☕' }), refused('PRINT_GLYPH_MISSING', 'name'));
    assert.doesNotThrow(() => drawPoster({ ...sign, name: 'Café 鑫龘堃喆' }));
  });

  it('takes the name from the code when none is given', () => {
    const { pages, title } = drawPoster({ payload: unsigned });
    assert.equal(title, teahouse.name);
    assert.ok(textsOf(pages[0]?.shapes).includes(teahouse.name));
  });

  it('shows the amount of a dynamic code in place of the advice', () => {
    const payload = encodeMerchantCode({ ...teahouse, mode: 'dynamic', amount: '12.50' });
    assert.ok(textsOf(drawPoster({ payload }).pages[0]?.shapes).includes('¥12.50'));
  });

  it('refuses a scheme nobody knows, and more than a page has room for', () => {
    assert.throws(() => drawPoster({ ...sign, schemes: ['paypai'] }), refused('PRINT_SCHEME_UNKNOWN'));
    assert.throws(() => drawPoster({ ...sign, schemes: ['constructor'] }), refused('PRINT_SCHEME_UNKNOWN'));
    const many = Array.from({ length: 9 }, () => 'alipay');
    assert.throws(() => drawPoster({ ...sign, schemes: many }), refused('PRINT_OPTION_INVALID', 'schemes'));
  });

  it('refuses colours that are none, and those white cannot be read on', () => {
    for (const color of ['green', '#12345', '#ffff00', '#fefefe']) {
      assert.throws(() => drawPoster(sign, { color }), refused('PRINT_COLOR_INVALID', 'color'));
    }
    assert.doesNotThrow(() => drawPoster(sign, { color: '#004466' }));
  });

  it('speaks the language it is asked to', () => {
    const texts = (language: 'zh' | 'en' | 'zh-en') =>
      textsOf(drawPoster({ ...sign, schemes: ['alipay'] }, { language }).pages[0]?.shapes).join('|');
    assert.match(texts('zh'), /扫码付款/);
    assert.doesNotMatch(texts('zh'), /Scan to pay/);
    assert.match(texts('en'), /Scan to pay.*Alipay/);
    assert.doesNotMatch(texts('en').replaceAll('老街茶馆', ''), /\p{Script=Han}/u);
    assert.match(texts('zh-en'), /扫码付款.*Scan to pay/);
  });

  it('warns when a name had to be cut', () => {
    const name = 'W'.repeat(60);
    const { warnings } = drawLabels([{ payload: unsigned, name }], { stock: 'L7160' });
    assert.deepEqual(
      warnings.map(({ code, path }) => [code, path]),
      [['PRINT_TEXT_SHORTENED', '0.name']],
    );
  });

  it('keeps everything on the page', () => {
    const full = {
      payload: signed,
      name: '西湖区文三路老街茶馆有限责任公司第一分店',
      subtitle: 'Old Street',
      logo,
    };
    const schemes = ['alipay', 'wechat', 'unionpay', 'ecny', 'visa', 'mastercard', 'bank', 'barlink'];
    for (const draw of [
      () => drawPoster({ ...full, schemes }),
      () => drawPoster({ ...full, schemes }, { size: 'A5', language: 'en' }),
      () => drawCard({ ...full, schemes }, { language: 'en' }),
    ]) {
      const { pages, typeface } = draw();
      for (const { shapes, widthMm, heightMm } of pages) {
        for (const shape of shapes) {
          const width = shape.kind === 'text' ? typeface.measure(shape.text, shape.size, shape.weight) : 0;
          assert.ok(shape.x >= 2 && shape.x + width <= widthMm - 2, JSON.stringify(shape).slice(0, 200));
          assert.ok(shape.y >= 2 && shape.y <= heightMm - 2, JSON.stringify(shape).slice(0, 200));
        }
      }
    }
  });
});

describe('chooseSymbol', () => {
  it('takes the strongest level whose modules can be read from the distance', () => {
    const levels = [300, 400, 450, 480].map(
      (readingDistanceMm) => chooseSymbol(signed, { widthMm: 80, readingDistanceMm }).level,
    );
    assert.deepEqual(levels, ['H', 'Q', 'M', 'M']);
  });

  it('warns, and says the size it would take, when even the weakest is too small', () => {
    const { warnings, level } = chooseSymbol(signed, { widthMm: 30, readingDistanceMm: 1000 });
    assert.equal(level, 'M');
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['PRINT_SYMBOL_TOO_SMALL'],
    );
    const width = Number(/(\d+) mm wide/.exec(warnings[0]?.message ?? '')?.[1]);
    assert.deepEqual(chooseSymbol(signed, { widthMm: width, readingDistanceMm: 1000 }).warnings, []);
  });

  it('warns when a logo covers more than may be lost', () => {
    const options = { widthMm: 100, readingDistanceMm: 200 };
    assert.deepEqual(chooseSymbol(unsigned, { ...options, logoShare: 0.05 }).warnings, []);
    const { warnings } = chooseSymbol(unsigned, { ...options, logoShare: 0.06 });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['PRINT_LOGO_TOO_LARGE'],
    );
    const small = chooseSymbol(unsigned, { widthMm: 30, readingDistanceMm: 100, logoShare: 0.02 });
    assert.equal(small.warnings[0]?.code, 'PRINT_LOGO_TOO_LARGE');
  });

  it('keeps a signed code at the version its segments allow', () => {
    assert.ok(chooseSymbol(signed, { widthMm: 50, readingDistanceMm: 900 }).version <= 11);
  });

  it('refuses a payload no symbol holds, and sizes that are none', () => {
    const options = { widthMm: 100, readingDistanceMm: 100 };
    assert.throws(() => chooseSymbol('x'.repeat(2400), options), refused('PRINT_PAYLOAD_TOO_LONG'));
    for (const widthMm of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => chooseSymbol(unsigned, { ...options, widthMm }), refused('PRINT_OPTION_INVALID'));
    }
  });

  it('lets those who want it have no page rather than a poor one', () => {
    const poor = drawCard(sign, { readingDistanceMm: 3000 });
    assert.throws(() => assertNoWarnings(poor), refused('PRINT_SYMBOL_TOO_SMALL', 'readingDistanceMm'));
    assert.doesNotThrow(() => assertNoWarnings(drawCard(sign)));
    const large = drawCard({ ...sign, symbolLogo: logo, symbolLogoSide: 0.4 });
    assert.throws(() => assertNoWarnings(large), refused('PRINT_LOGO_TOO_LARGE', 'symbolLogo'));
  });
});

describe('readLogo', () => {
  it('refuses bytes that are no picture, a broken one, and an empty one', () => {
    const broken = Uint8Array.from(logoPng).fill(0, 60);
    const empty = new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
      .render()
      .asPng();
    for (const bytes of [new Uint8Array(), Buffer.from('<svg/>'), broken, empty, new Uint8Array(5_000_001)]) {
      assert.throws(() => readLogo(bytes), refused('PRINT_LOGO_INVALID', 'logo'));
    }
  });

  it('draws large pictures anew, smaller', () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="500"><rect width="99" height="99"/></svg>';
    const read = readLogo(new Resvg(svg).render().asPng());
    assert.deepEqual([read.widthPx, read.heightPx], [1000, 250]);
  });
});

describe('other refusals', () => {
  it('a side of the logo outside of what is sensible', () => {
    assert.throws(
      () => drawCard({ ...sign, symbolLogo: logo, symbolLogoSide: 0.9 }),
      refused('PRINT_OPTION_INVALID', 'symbolLogoSide'),
    );
  });

  it('a label sheet nobody sells, or whose labels lie over each other', () => {
    const stock = 'L9999' as 'L7160';
    assert.throws(() => drawLabels([sign], { stock }), refused('PRINT_STOCK_UNKNOWN', 'stock'));
    const own = {
      page: { widthMm: 210, heightMm: 297 },
      columns: 2,
      rows: 4,
      widthMm: 90,
      heightMm: 60,
      leftMm: 10,
      topMm: 10,
      stepXMm: 95,
      stepYMm: 65,
    };
    assert.doesNotThrow(() => drawLabels([sign], { stock: own }));
    assert.throws(
      () => drawLabels([sign], { stock: { ...own, stepYMm: 50 } }),
      refused('PRINT_OPTION_INVALID', 'stock'),
    );
  });

  it('a font that is none', () => {
    const bytes = Buffer.from('not a font');
    assert.throws(() => createTypeface({ regular: bytes, bold: bytes }), refused('PRINT_FONT_INVALID'));
  });

  it('a payer code that is none', () => {
    for (const text of ['', '1234', unsigned, payerCode.slice(1)]) {
      assert.throws(() => drawPayerCode(text), refused('PRINT_PAYER_CODE_INVALID'));
    }
  });

  it('resolutions that are none', () => {
    const { pages, typeface } = drawCard(sign);
    const [page] = pages;
    assert.ok(page);
    for (const dpi of [0, 10, 5000, Number.NaN]) {
      assert.throws(() => writePng(page, { typeface, dpi }), refused('PRINT_OPTION_INVALID', 'dpi'));
    }
  });
});

function textsOf(
  shapes: readonly { readonly kind: string; readonly text?: string }[] | undefined,
): readonly string[] {
  return (shapes ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}
