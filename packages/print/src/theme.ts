import { PrintError } from './print-error.ts';

/** The colours that come with us. */
export type ThemeName = 'jade' | 'ocean' | 'plum' | 'ember' | 'ink';

/** How much colour is put on paper: a full panel, or lines only (cheaper, and kinder to office printers). */
export type Ink = 'full' | 'light';

/** Colours of a page, by what they are for. */
export interface Palette {
  readonly panel: string;
  readonly border: string | undefined;
  readonly onPanel: string;
  readonly onPanelSoft: string;
  readonly accent: string;
  readonly text: string;
  readonly soft: string;
  readonly line: string;
}

/** Ready-made accents, dark enough to print white on. */
export const themes: Readonly<Record<ThemeName, string>> = {
  jade: '#0b7a5c',
  ocean: '#1557b0',
  plum: '#6b2d77',
  ember: '#b8401f',
  ink: '#23272f',
};

/** Symbols are always this dark, on white. */
export const symbolColor = '#000000';

/**
 * The colours of a page, from a theme or an accent of the merchant's own.
 *
 * @throws PrintError PRINT_COLOR_INVALID when it is no `#rrggbb`, or too light to read white on
 */
export function paletteOf(color: string, ink: Ink): Palette {
  const accent = (themes as Readonly<Record<string, string>>)[color] ?? color;
  if (!/^#[0-9a-f]{6}$/i.test(accent)) {
    throw new PrintError('PRINT_COLOR_INVALID', 'The colour is neither a theme nor of the form #rrggbb.', {
      path: 'color',
    });
  }
  if (contrastWithWhite(accent) < 4.5) {
    throw new PrintError('PRINT_COLOR_INVALID', 'The colour is too light for white letters.', {
      path: 'color',
    });
  }
  const text = '#1b1f26';
  const soft = '#5b6472';
  return ink === 'full'
    ? {
        panel: accent,
        border: undefined,
        onPanel: '#ffffff',
        onPanelSoft: mix(accent, 0.82),
        accent,
        text,
        soft,
        line: mix(accent, 0.8),
      }
    : {
        panel: '#ffffff',
        border: accent,
        onPanel: accent,
        onPanelSoft: soft,
        accent,
        text,
        soft,
        line: mix(accent, 0.7),
      };
}

/** WCAG contrast of a colour against white, 1 to 21. */
function contrastWithWhite(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

/** A colour with some part of white in it. */
export function mix(color: string, white: number): string {
  const parts = channels(color).map((value) => Math.round(value + (255 - value) * white));
  return `#${parts.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function channels(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
