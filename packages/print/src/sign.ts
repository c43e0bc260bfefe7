import { type AnyCode, CodeError, parse } from '@barlink/codes';
import { standardTypeface, type Typeface } from './font.ts';
import type { Logo } from './logo.ts';
import { PrintError } from './print-error.ts';
import { marksOf, type SchemeMark } from './scheme-mark.ts';
import { type Ink, type Palette, paletteOf } from './theme.ts';
import type { Language } from './words.ts';

/** What a merchant wants to hang up, put on the counter or stick on. */
export interface Sign {
  /** The text of any merchant-presented payment code, signed or not. */
  readonly payload: string;
  /** As it is over the shop's door, up to 60 characters; the payee in the code when left out. */
  readonly name?: string;
  /** A second line: the other language, a branch, a counter. Up to 60 characters. */
  readonly subtitle?: string;
  /** Shown beside the name. */
  readonly logo?: Logo;
  /** Shown in the middle of the symbol. Costs error correction. */
  readonly symbolLogo?: Logo;
  /** Part of the symbol's side that `symbolLogo` takes, 0.1 to 0.5; 0.16 when left out. */
  readonly symbolLogoSide?: number;
  /** Names of `schemeMarks`, in the order to show them; at most eight. */
  readonly schemes?: readonly string[];
}

/** How a sign is drawn. */
export interface SignOptions {
  /** `zh-en` when left out. */
  readonly language?: Language;
  /** A theme or `#rrggbb`; `jade` when left out. */
  readonly color?: string;
  /** `full` when left out. */
  readonly ink?: Ink;
  /** From the paper to the camera. Each form has its own when left out. */
  readonly readingDistanceMm?: number;
  /** Fonts in place of Noto Sans SC. */
  readonly typeface?: Typeface;
}

/** A sign that was checked, with everything a layout needs. */
export interface CheckedSign {
  readonly payload: string;
  readonly name: string;
  readonly subtitle: string | undefined;
  /** The payee an app will show. */
  readonly payee: string | undefined;
  /** `¥12.50`, when the code has an amount. */
  readonly amount: string | undefined;
  /** Acquirer, merchant and code, for whoever has to find this code again. */
  readonly reference: string | undefined;
  readonly logo: Logo | undefined;
  readonly symbolLogo: Logo | undefined;
  readonly symbolLogoSide: number;
  readonly marks: readonly SchemeMark[];
}

/** Options with nothing left out. */
export interface Look {
  readonly language: Language;
  readonly palette: Palette;
  readonly typeface: Typeface;
}

/**
 * Checks what a sign says.
 *
 * @throws PrintError PRINT_PAYLOAD_INVALID, PRINT_PAYLOAD_SECRET, PRINT_TEXT_INVALID, PRINT_GLYPH_MISSING,
 *   PRINT_OPTION_INVALID, PRINT_SCHEME_UNKNOWN
 */
export function checkSign(sign: Sign, typeface: Typeface): CheckedSign {
  const code = readPayload(sign.payload);
  const payee = code.merchant.name?.trim() || undefined;
  const name = sign.name ?? code.language?.merchantName ?? payee;
  if (name === undefined) {
    throw new PrintError('PRINT_TEXT_INVALID', 'The code names no payee: give a name.', { path: 'name' });
  }
  const side = sign.symbolLogoSide ?? 0.16;
  if (!(side >= 0.1 && side <= 0.5)) {
    throw new PrintError('PRINT_OPTION_INVALID', 'symbolLogoSide is not a number from 0.1 to 0.5.', {
      path: 'symbolLogoSide',
    });
  }
  return {
    payload: sign.payload,
    name: checkText(name, 'name', typeface),
    subtitle: sign.subtitle === undefined ? undefined : checkText(sign.subtitle, 'subtitle', typeface),
    payee: payee !== undefined && typeface.findMissing(payee) === undefined ? payee : undefined,
    amount: showAmount(code, typeface),
    reference: referenceOf(code),
    logo: sign.logo,
    symbolLogo: sign.symbolLogo,
    symbolLogoSide: side,
    marks: marksOf(sign.schemes ?? []),
  };
}

/** Fills in what the options leave out. */
export function lookOf(options: SignOptions): Look {
  return {
    language: options.language ?? 'zh-en',
    palette: paletteOf(options.color ?? 'jade', options.ink ?? 'full'),
    typeface: options.typeface ?? standardTypeface(),
  };
}

function readPayload(payload: string): AnyCode {
  let code: AnyCode;
  try {
    code = parse(payload);
  } catch (cause) {
    const why = cause instanceof CodeError ? cause.message : 'it cannot be read';
    throw new PrintError('PRINT_PAYLOAD_INVALID', `The payload is no payment code: ${why}.`, {
      path: 'payload',
      cause,
    });
  }
  if (code.presentment === 'consumer' || code.secret) {
    throw new PrintError(
      'PRINT_PAYLOAD_SECRET',
      'A payer\u2019s code is a secret and is never put on paper.',
      {
        path: 'payload',
      },
    );
  }
  return code;
}

/** One line of visible characters that the font has. */
function checkText(text: string, path: string, typeface: Typeface): string {
  const line = text.trim().replace(/ +/g, ' ');
  const length = [...line].length;
  if (length < 1 || length > 60 || /\p{C}|\p{Zl}|\p{Zp}/u.test(line)) {
    const message = `The ${path} is not 1 to 60 visible characters on one line.`;
    throw new PrintError('PRINT_TEXT_INVALID', message, { path });
  }
  const missing = typeface.findMissing(line);
  if (missing !== undefined) {
    throw new PrintError('PRINT_GLYPH_MISSING', `The font has no character ${JSON.stringify(missing)}.`, {
      path,
    });
  }
  return line;
}

const signs: Readonly<Record<string, string>> = { CNY: '¥', JPY: '¥', USD: '$', EUR: '€', GBP: '£' };

function showAmount({ money }: AnyCode, typeface: Typeface): string | undefined {
  const { amount, currencyAlpha } = money;
  if (amount === undefined) {
    return undefined;
  }
  const sign = signs[currencyAlpha ?? ''];
  const shown = sign === undefined ? `${currencyAlpha ?? ''} ${amount}`.trim() : `${sign}${amount}`;
  return typeface.findMissing(shown) === undefined ? shown : undefined;
}

function referenceOf(code: AnyCode): string | undefined {
  const { acquirer, merchantId, codeId } = code.data;
  const isUnified = code.scheme === 'barlink' && typeof codeId === 'string';
  return isUnified ? `${acquirer} · ${merchantId} · ${codeId}` : undefined;
}
