export {
  type BatchForm,
  type BatchOptions,
  type BatchProgress,
  type BatchResult,
  printBatch,
} from './batch.ts';
export type { PrintedRow } from './batch-journal.ts';
export { type BadRow, type BatchColumn, batchColumns } from './batch-row.ts';
export { drawCard } from './card.ts';
export { createTypeface, type FontFiles, type Typeface, type Weight } from './font.ts';
export { type LabelStock, type LabelStockName, labelStocks } from './label-stock.ts';
export { drawLabels, type LabelOptions } from './labels.ts';
export { type Logo, readLogo } from './logo.ts';
export type { Page, Printout } from './page.ts';
export { drawPayerCode } from './payer-code.ts';
export { type PdfOptions, writePdf } from './pdf.ts';
export { type PngOptions, writePng } from './png.ts';
export { drawPoster, type PosterOptions, type PosterSize } from './poster.ts';
export {
  assertNoWarnings,
  PrintError,
  type PrintErrorCode,
  type PrintWarning,
  type PrintWarningCode,
} from './print-error.ts';
export { type SchemeMark, type SchemeMarkName, schemeMarks } from './scheme-mark.ts';
export type { Sign, SignOptions } from './sign.ts';
export { writeSvg } from './svg.ts';
export { chooseSymbol, type Level, type QrSymbol, type SymbolOptions } from './symbol.ts';
export { type Ink, type ThemeName, themes } from './theme.ts';
export type { Language } from './words.ts';
