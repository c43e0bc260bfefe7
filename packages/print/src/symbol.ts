import { type AnyCode, parse } from '@barlink/codes';
import { create, type QRCode, type QRCodeSegment } from 'qrcode';
import { PrintError, type PrintWarning } from './print-error.ts';

/** Error correction of a QR symbol, from about 15 % of lost code words (M) to 30 % (H). L is not printed. */
export type Level = 'M' | 'Q' | 'H';

/** What a symbol has to do. */
export interface SymbolOptions {
  /** Side of the symbol with its quiet zone. */
  readonly widthMm: number;
  /** From the paper to the camera. */
  readonly readingDistanceMm: number;
  /** Part of the symbol's area that a logo covers, 0 to 1. */
  readonly logoShare?: number;
}

/** A QR symbol with its size on paper decided. */
export interface QrSymbol {
  /** Modules a side, without the quiet zone. */
  readonly size: number;
  readonly version: number;
  readonly level: Level;
  /** Width of one module. */
  readonly moduleMm: number;
  /** The dark modules as SVG path data, one unit a module, quiet zone included. */
  readonly path: string;
  readonly warnings: readonly PrintWarning[];
}

/** Light modules around a symbol (ISO/IEC 18004). */
export const quietZoneModules = 4;

/**
 * A module must be at least the reading distance over 400 wide: a preview 1080 pixels wide, with the 50
 * degrees a phone's camera sees across its short side, then has 3 pixels for a module.
 */
export const distanceModulesMax = 400;

/** Narrower modules do not survive office printers: 4 dots at 300 dpi. */
export const moduleMinMm = 0.34;

/**
 * How much of a symbol a logo may cover. Error correction would give back more; but plain readers take some
 * large logos for a finder pattern, and a tenth of damage has to fit in too.
 */
const logoShareMax: Readonly<Record<Level, number>> = { M: 0.01, Q: 0.03, H: 0.05 };

/** With a logo, plain readers lose symbols of narrower modules in pictures of 150 dpi. */
const logoModuleMinMm = 0.6;

/**
 * Chooses the strongest error correction whose modules can still be told apart from the distance, and
 * draws the symbol. Payloads are written in byte mode, as plain readers expect; only signed unified codes
 * and digits use shorter modes, without which they would grow by versions.
 *
 * @returns with PRINT_SYMBOL_TOO_SMALL or PRINT_LOGO_TOO_LARGE among its warnings
 * @throws PrintError PRINT_PAYLOAD_TOO_LONG, PRINT_OPTION_INVALID
 */
export function chooseSymbol(payload: string, options: SymbolOptions): QrSymbol {
  const { widthMm, readingDistanceMm, logoShare = 0 } = options;
  assertPositive({ widthMm, readingDistanceMm });
  const neededMm = Math.max(readingDistanceMm / distanceModulesMax, moduleMinMm);
  // A logo costs what only the stronger levels can give back.
  const levels: readonly Level[] = logoShare > 0 ? ['H', 'Q'] : ['H', 'Q', 'M'];
  let chosen: { readonly code: QRCode; readonly level: Level } | undefined;
  for (const level of levels) {
    const code = tryCreate(payload, level);
    chosen = code === undefined ? chosen : { code, level };
    if (code !== undefined && moduleOf(code, widthMm) >= neededMm) {
      break;
    }
  }
  if (chosen === undefined) {
    throw new PrintError('PRINT_PAYLOAD_TOO_LONG', 'No QR symbol holds this payload.', { path: 'payload' });
  }
  const { code, level } = chosen;
  const moduleMm = moduleOf(code, widthMm);
  const size = code.modules.size;
  return {
    size,
    version: code.version,
    level,
    moduleMm,
    path: pathOf(code),
    warnings: [
      ...sizeWarning({ moduleMm, neededMm, size, readingDistanceMm }),
      ...logoWarning({ share: logoShare, level, moduleMm }),
    ],
  };
}

function moduleOf(code: QRCode, widthMm: number): number {
  return widthMm / (code.modules.size + 2 * quietZoneModules);
}

function tryCreate(payload: string, level: Level): QRCode | undefined {
  try {
    return create(segmentsOf(payload), { errorCorrectionLevel: level });
  } catch {
    return undefined;
  }
}

function segmentsOf(payload: string): string | QRCodeSegment[] {
  const isShortened = /^\d+$/.test(payload) || isSignedUnified(payload);
  return isShortened ? payload : [{ data: new TextEncoder().encode(payload), mode: 'byte' }];
}

function isSignedUnified(payload: string): boolean {
  try {
    const code: AnyCode = parse(payload);
    return code.scheme === 'barlink' && code.data.signed === true;
  } catch {
    return false;
  }
}

/** A rectangle for each run of dark modules in a row, in one path: no seams where they touch. */
function pathOf({ modules }: QRCode): string {
  const { size } = modules;
  let data = '';
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; ) {
      let end = column;
      while (end < size && modules.get(row, end)) {
        end += 1;
      }
      if (end > column) {
        const run = end - column;
        data += `M${column + quietZoneModules} ${row + quietZoneModules}h${run}v1h${-run}Z`;
      }
      column = Math.max(end, column + 1);
    }
  }
  return data;
}

interface Measured {
  readonly moduleMm: number;
  readonly neededMm: number;
  readonly size: number;
  readonly readingDistanceMm: number;
}

function sizeWarning({ moduleMm, neededMm, size, readingDistanceMm }: Measured): PrintWarning[] {
  if (moduleMm >= neededMm) {
    return [];
  }
  const needed = Math.ceil(neededMm * (size + 2 * quietZoneModules));
  const message =
    `Modules of ${moduleMm.toFixed(2)} mm are too small to be read from ` +
    `${Math.round(readingDistanceMm)} mm; the symbol would have to be ${needed} mm wide with its quiet zone.`;
  return [{ code: 'PRINT_SYMBOL_TOO_SMALL', path: 'readingDistanceMm', message }];
}

interface Covered {
  readonly share: number;
  readonly level: Level;
  readonly moduleMm: number;
}

function logoWarning({ share, level, moduleMm }: Covered): PrintWarning[] {
  const max = logoShareMax[level];
  const why =
    share > max
      ? `The logo covers ${(share * 100).toFixed(1)} % of the symbol; at level ${level} more than ` +
        `${(max * 100).toFixed(0)} % leave no room for dirt and scratches.`
      : share > 0 && moduleMm < logoModuleMinMm
        ? `Modules of ${moduleMm.toFixed(2)} mm are too small for a symbol with a logo in it.`
        : undefined;
  return why === undefined ? [] : [{ code: 'PRINT_LOGO_TOO_LARGE', path: 'symbolLogo', message: why }];
}

function assertPositive(numbers: Readonly<Record<string, number>>): void {
  for (const [path, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new PrintError('PRINT_OPTION_INVALID', `${path} is not a number over zero.`, { path });
    }
  }
}
