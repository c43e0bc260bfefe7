import type { Shape } from './page.ts';
import type { SchemeMark } from './scheme-mark.ts';
import type { Look } from './sign.ts';
import { placeText } from './text-fit.ts';

/** How a row of scheme marks is set. */
export interface MarkRowOptions {
  readonly look: Look;
  /** The row is centred on `x`, or starts there. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Height of a pill. */
  readonly height: number;
  readonly align: 'left' | 'middle';
  readonly fill: string;
  readonly line?: string;
}

/** The largest pills that need no more than one row, or of `heights` the last. */
export function fittedMarkRows(
  marks: readonly SchemeMark[],
  { heights, ...options }: Omit<MarkRowOptions, 'height'> & { readonly heights: readonly number[] },
): ReturnType<typeof markRows> {
  let drawn = markRows([], { ...options, height: 0 });
  for (const height of heights) {
    drawn = markRows(marks, { ...options, height });
    if (drawn.height <= height) {
      break;
    }
  }
  return drawn;
}

/** Rows of pills, each with a dot, its letter and the scheme's name. Gives the height they took, too. */
export function markRows(
  marks: readonly SchemeMark[],
  options: MarkRowOptions,
): { readonly shapes: readonly Shape[]; readonly height: number } {
  const { look, height, width } = options;
  const gap = height * 0.3;
  const pills = marks.map((mark) => {
    const text = look.language === 'en' ? mark.words.en : mark.words.zh;
    const size = height * 0.42;
    return { mark, text, size, width: height * 1.42 + look.typeface.measure(text, size, 'bold') };
  });
  const rows = rowsOf(pills, width, gap);
  const shapes = rows.flatMap((row, index) => {
    const rowWidth = row.reduce((sum, pill) => sum + pill.width + gap, -gap);
    let x = options.align === 'middle' ? options.x - rowWidth / 2 : options.x;
    const y = options.y + index * (height + gap);
    return row.flatMap((pill) => {
      const drawn = drawPill(pill, { ...options, x, y });
      x += pill.width + gap;
      return drawn;
    });
  });
  return { shapes, height: rows.length === 0 ? 0 : rows.length * (height + gap) - gap };
}

interface Pill {
  readonly mark: SchemeMark;
  readonly text: string;
  readonly size: number;
  readonly width: number;
}

/** As few rows as fit, of about the same length where that takes no further row. */
function rowsOf(pills: readonly Pill[], width: number, gap: number): readonly (readonly Pill[])[] {
  const packed = packRows(pills, width, gap);
  const total = pills.reduce((sum, pill) => sum + pill.width + gap, 0);
  const even = packRows(pills, Math.min(width, (total / packed.length) * 1.15), gap);
  return even.length === packed.length ? even : packed;
}

function packRows(pills: readonly Pill[], width: number, gap: number): readonly (readonly Pill[])[] {
  const rows: Pill[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const pill of pills) {
    if (used + pill.width > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(pill);
    used += pill.width + gap;
  }
  return rows;
}

function drawPill({ mark, text, size, width }: Pill, options: MarkRowOptions): readonly Shape[] {
  const { look, x, y, height, fill, line } = options;
  const dot = height * 0.7;
  const edge = (height - dot) / 2;
  const style = { typeface: look.typeface, weight: 'bold' } as const;
  const stroke = line === undefined ? {} : { stroke: { color: line, width: height * 0.035 } };
  return [
    { kind: 'box', x, y, width, height, radius: height / 2, fill, ...stroke },
    {
      kind: 'box',
      x: x + edge,
      y: y + edge,
      width: dot,
      height: dot,
      radius: dot / 2,
      fill: mark.color,
    },
    placeText(
      letterOf(mark, look),
      { x: x + edge + dot / 2, y: y + height / 2 + dot * 0.21, align: 'middle' },
      { ...style, size: dot * 0.58, color: '#ffffff' },
    ),
    placeText(
      text,
      { x: x + edge + dot + height * 0.2, y: y + height / 2 + size * 0.36 },
      { ...style, size, color: look.palette.text },
    ),
  ];
}

function letterOf({ words, letter }: SchemeMark, { language }: Look): string {
  return language === 'en' ? (words.en[0] ?? letter) : letter;
}

/** Dots alone, for labels on which names would be too small to read: one row of five, or two. */
export function markDots(
  marks: readonly SchemeMark[],
  { look, width, size }: { readonly look: Look; readonly width: number; readonly size: number },
): { readonly shapes: readonly Shape[]; readonly height: number } {
  const perRow = marks.length > 5 ? Math.ceil(marks.length / 2) : Math.max(1, marks.length);
  const dot = Math.min(size, width / (perRow * 1.22 - 0.22));
  const step = dot * 1.22;
  const shapes = marks.flatMap((mark, index): readonly Shape[] => {
    const x = (index % perRow) * step;
    const y = Math.floor(index / perRow) * step;
    return [
      { kind: 'box', x, y, width: dot, height: dot, radius: dot / 2, fill: mark.color },
      placeText(
        letterOf(mark, look),
        { x: x + dot / 2, y: y + dot * 0.71, align: 'middle' },
        { typeface: look.typeface, weight: 'bold', size: dot * 0.58, color: '#ffffff' },
      ),
    ];
  });
  return { shapes, height: Math.ceil(marks.length / perRow) * step };
}
