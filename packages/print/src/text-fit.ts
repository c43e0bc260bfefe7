import type { Typeface, Weight } from './font.ts';
import type { TextShape } from './page.ts';

/** Where and how a text is set. */
export interface TextStyle {
  readonly typeface: Typeface;
  readonly size: number;
  readonly weight: Weight;
  readonly color: string;
}

/** A text in the space it has: one or more lines of one size. */
export interface FittedText {
  readonly lines: readonly string[];
  readonly size: number;
  /** True when the end had to be left out. */
  readonly isShortened: boolean;
}

/** The space a text has. */
export interface Space {
  readonly width: number;
  readonly lines: number;
  /** All lines together. */
  readonly height: number;
  /** Smaller than this it is cut instead. */
  readonly sizeMin: number;
}

/** A line of text, placed by its left end, middle or right end. */
export function placeText(
  text: string,
  at: { readonly x: number; readonly y: number; readonly align?: 'left' | 'middle' | 'right' },
  { typeface, size, weight, color }: TextStyle,
): TextShape {
  const part = at.align === 'middle' ? 0.5 : at.align === 'right' ? 1 : 0;
  const x = part === 0 ? at.x : at.x - typeface.measure(text, size, weight) * part;
  return { kind: 'text', text, x, y: at.y, size, weight, color };
}

/** From baseline to baseline, in sizes. */
export const leading = 1.22;

/** Fits a text into a width: shrinks it first, then breaks it, then cuts it. */
export function fitText(text: string, space: Space, style: Omit<TextStyle, 'color'>): FittedText {
  const { typeface, size, weight } = style;
  for (let lines = 1; lines <= space.lines; lines += 1) {
    // A second line is taken before a text gets much smaller than it was meant to be.
    const smallest = lines < space.lines ? Math.max(space.sizeMin, size * 0.72) : space.sizeMin;
    const largest = Math.min(size, space.height / (lines * leading));
    for (let tried = largest; tried >= smallest - 1e-9; tried -= size / 50) {
      const broken = breakText(text, space.width, { typeface, size: tried, weight });
      if (broken !== undefined && broken.length <= lines) {
        return { lines: broken, size: tried, isShortened: false };
      }
    }
  }
  return { ...cutText(text, space, { typeface, size: space.sizeMin, weight }), isShortened: true };
}

function cutText(
  text: string,
  { width, lines }: Space,
  style: Omit<TextStyle, 'color'>,
): { readonly lines: readonly string[]; readonly size: number } {
  const characters = [...text];
  while (characters.length > 1) {
    characters.pop();
    const broken = breakText(`${characters.join('').trimEnd()}…`, width, style);
    if (broken !== undefined && broken.length <= lines) {
      return { lines: broken, size: style.size };
    }
  }
  return { lines: ['…'], size: style.size };
}

/**
 * Breaks at spaces and between Chinese characters, into lines of about equal width; `undefined` when a word
 * is wider than the line.
 */
function breakText(
  text: string,
  width: number,
  style: Omit<TextStyle, 'color'>,
): readonly string[] | undefined {
  const { typeface, size, weight } = style;
  const total = typeface.measure(text, size, weight);
  if (total <= width) {
    return [text];
  }
  const pieces = text.match(/[\p{Script=Han}（《“][，。）》”、·]?|[^\s\p{Script=Han}]+\s*|\s+/gu) ?? [text];
  const count = Math.ceil(total / width);
  const even = fill(pieces, Math.min(width, (total / count) * 1.12), style);
  return even?.length === count ? even : fill(pieces, width, style);
}

function fill(
  pieces: readonly string[],
  width: number,
  { typeface, size, weight }: Omit<TextStyle, 'color'>,
): readonly string[] | undefined {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    const longer = line + piece;
    if (line !== '' && typeface.measure(longer.trimEnd(), size, weight) > width) {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    } else {
      line = longer;
    }
  }
  lines.push(line.trimEnd());
  return lines.some((each) => typeface.measure(each, size, weight) > width + 1e-6) ? undefined : lines;
}
