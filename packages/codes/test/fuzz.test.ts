import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CodeError, encode, parse, recognize, toDynamic, validate } from '../src/index.ts';
import { draftsByScheme } from './drafts.ts';
import { findVectors } from './vectors.ts';

const rounds = Number(process.env.CODES_FUZZ_ROUNDS ?? 20_000);
const isLongRun = process.env.CODES_FUZZ_ROUNDS !== undefined;
/** What reading one text may take: the limit of spec/codes.md 8, with room in a short run. */
const slowMs = isLongRun ? 1 : 5;

/** A small seeded generator, so that a find can be repeated: xorshift32. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const pieces = [
  '00',
  '01',
  '26',
  '62',
  '63',
  '64',
  '80',
  '99',
  '04',
  '6304',
  '000201',
  '0014br.gov.bcb.pix',
  'A000000727',
  '\ud83d',
  '👀',
  '运',
  '\u0000',
  '\u202e',
  '０４',
  '+4',
  ' 4',
  '%',
  '%2',
  '%ff',
  '&',
  '=',
  '&pa=',
  '*',
  ':',
  '\r\n',
  '\n',
  '\r',
  '\t',
  '1'.repeat(40),
  '-1',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  '=',
  '/',
  '?',
  '#',
  '@',
  'W',
  'hQVDUFYwMWE',
];

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const length = random(6);
  const piece = pieces[random(pieces.length)] ?? '';
  const start = text.slice(0, at);
  const edits = [
    () => start + text.slice(at + length),
    () => start + piece + text.slice(at),
    () => start + piece + text.slice(at + piece.length),
    () => start,
    () => start + text.slice(at, at + length) + text.slice(at),
    () => start + String.fromCharCode(random(0x10000)) + text.slice(at + 1),
    () => start + String(random(10)) + text.slice(at + 1),
    () => text.toUpperCase(),
  ];
  return edits[random(edits.length)]?.() ?? text;
}

function seeds(): string[] {
  const written = Object.values(draftsByScheme).flatMap((drafts) =>
    fc.sample(drafts, { numRuns: 3, seed: 7 }).map(encode),
  );
  return [...written, ...(findVectors() ?? []).map((vector) => vector.payload)];
}

/** Everything a caller can do with a text; only a `CodeError` may come out. */
function exercise(text: string): void {
  recognize(text);
  validate(text);
  try {
    const code = parse(text);
    parse(encode(code));
    toDynamic(code, '1.25');
  } catch (error) {
    assert.ok(error instanceof CodeError, `${JSON.stringify(text)}: ${(error as Error).stack}`);
  }
}

function readingMs(text: string): number {
  const start = performance.now();
  try {
    parse(text);
  } catch {
    // What comes out is judged by `exercise`.
  }
  return performance.now() - start;
}

/**
 * The machine stalls now and then; the least of a few runs is the code's own time, of more on a busy machine.
 */
function leastMs(text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5 || (least >= slowMs && run < 100); run += 1) {
    least = Math.min(least, readingMs(text));
  }
  return least;
}

describe('hostile texts', () => {
  it('give a typed error or a code, never anything else, and soon', () => {
    const random = createRandom(20_261_123);
    const texts = seeds();
    // Rarely used code is slow until the engine has compiled it.
    for (let round = 0; round < 50; round++) for (const text of texts) readingMs(text);
    let slowest = { ms: 0, text: '' };
    for (let round = 0; round < rounds; round++) {
      let text = texts[random(texts.length)] ?? '';
      for (let edits = random(4); edits >= 0; edits--) text = mutate(text, random);
      exercise(text);
      const ms = readingMs(text);
      const least = ms < slowest.ms ? ms : leastMs(text);
      if (least > slowest.ms) slowest = { ms: least, text };
    }
    if (isLongRun) console.log(`slowest ${slowest.ms.toFixed(2)} ms: ${JSON.stringify(slowest.text)}`);
    assert.ok(slowest.ms < slowMs, `${slowest.ms} ms for ${JSON.stringify(slowest.text)}`);
  }).timeout(600_000);

  it('are never slow because they are long', () => {
    const long = [
      '9'.repeat(2953),
      '00'.repeat(1476),
      '0000'.repeat(738),
      '26'.repeat(1476),
      '\n'.repeat(2953),
      `BCD\n${'\n'.repeat(2949)}`,
      `upi://pay?${'&'.repeat(2900)}`,
      `upi://pay?${Array.from({ length: 700 }, (_, at) => `a${at}`).join('&')}`,
      `bitcoin:${'1'.repeat(2945)}`,
      `lnbc1${'q'.repeat(2940)}`,
      `SPD*1.0*${'*'.repeat(2900)}`,
      'A'.repeat(2952),
      `AQ${'A'.repeat(2950)}`,
      `hQVDUFY${'A'.repeat(2945)}`,
      '0'.repeat(2953),
      `0004${'V'.repeat(2949)}`,
      `000201${'9900'.repeat(730)}`,
      '👀'.repeat(1476),
      `TWQRP://${'%'.repeat(2900)}`,
      `|${'1'.repeat(13)}\r${'\r'.repeat(2900)}`,
      `https://qr.alipay.com/${'a'.repeat(2900)}`,
    ];
    for (const text of long) {
      exercise(text);
      assert.ok(leastMs(text) < slowMs, text.slice(0, 20));
    }
  });

  it('are refused by type and by length before anything else', () => {
    const codeOf = (text: unknown): string | undefined => {
      try {
        parse(text as string);
      } catch (error) {
        return error instanceof CodeError ? error.code : String(error);
      }
      return undefined;
    };
    assert.equal(codeOf(''), 'QR_TEXT_EMPTY');
    assert.equal(codeOf('\ufeff\n'), 'QR_TEXT_EMPTY');
    assert.equal(codeOf('0'.repeat(2954)), 'QR_TEXT_TOO_LONG');
    for (const value of [undefined, null, 1, {}, []]) assert.equal(codeOf(value), 'QR_TEXT_MALFORMED');
    for (const value of [undefined, null, 1, {}, []]) assert.equal(recognize(value as never), undefined);
  });
});
