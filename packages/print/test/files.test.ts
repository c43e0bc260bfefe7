import assert from 'node:assert/strict';
import { Resvg } from '@resvg/resvg-js';
import { drawCard, drawLabels, drawPoster, writePdf, writePng, writeSvg } from '../src/index.ts';
import { logo, signed, unsigned } from './fixtures.ts';

const sign = { payload: signed, name: '老街茶馆 & <Söhne>', logo, schemes: ['alipay', 'wechat'] };

describe('writeSvg', () => {
  it('has the size of the paper, and asks for no font, script or address', () => {
    const printout = drawPoster(sign, { size: 'A5' });
    const [page] = printout.pages;
    assert.ok(page);
    const svg = writeSvg(page, printout);
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="148mm" height="210mm"/);
    assert.doesNotMatch(svg.replace(/xmlns="[^"]*"/, ''), /<text|<script|https?:|font-family|<Söhne>/);
    assert.doesNotThrow(() => new Resvg(svg));
  });
});

describe('writePng', () => {
  it('has the pixels of its resolution and says so', () => {
    const printout = drawCard(sign);
    const [page] = printout.pages;
    assert.ok(page);
    const png = Buffer.from(writePng(page, { typeface: printout.typeface, dpi: 150 }));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [874, 620]);
    assert.equal(png.toString('latin1', 37, 41), 'pHYs');
    assert.equal(png.readUInt32BE(41), Math.round(150 / 0.0254));
  });
});

describe('writePdf', () => {
  it('embeds only the glyphs in use: a poster is under 100 kB', async () => {
    const pdf = Buffer.from(await writePdf(drawPoster(sign)));
    assert.ok(pdf.subarray(0, 5).equals(Buffer.from('%PDF-')));
    assert.ok(pdf.length < 100_000, `${pdf.length} bytes`);
    assert.match(pdf.toString('latin1'), /MediaBox \[0 0 595\.2\d+ 841\.8\d+\]/);
  });

  it('gives the same bytes for the same sign and time', async () => {
    const createdAt = new Date('2026-11-23T00:00:00Z');
    const [first, second] = await Promise.all([1, 2].map(() => writePdf(drawCard(sign), { createdAt })));
    assert.deepEqual(first, second);
  });
});

describe('drawLabels', () => {
  it('fills sheet after sheet, from where the first was begun', () => {
    const signs = [1, 2, 3].map((number) => ({ payload: unsigned, name: `柜台 ${number}` }));
    const { pages } = drawLabels(signs, { stock: 'L7160', copies: 10, startAt: 15 });
    assert.deepEqual(
      pages.map(({ shapes }) => shapes.filter((shape) => shape.kind === 'path').length),
      [7, 21, 2],
    );
  });

  it('moves everything by the offset of the printer', () => {
    const at = (offsetMm: { x: number; y: number }) =>
      drawLabels([sign], { stock: 'L7165', offsetMm }).pages[0]?.shapes[0];
    const [before, after] = [at({ x: 0, y: 0 }), at({ x: 1, y: -0.5 })];
    assert.ok(before && after);
    assert.deepEqual(
      [after.x - before.x, after.y - before.y].map((value) => value.toFixed(3)),
      ['1.000', '-0.500'],
    );
  });
});
