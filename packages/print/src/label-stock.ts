import { PrintError } from './print-error.ts';

/** A sheet of self-adhesive labels: where they lie on it. */
export interface LabelStock {
  readonly page: { readonly widthMm: number; readonly heightMm: number };
  readonly columns: number;
  readonly rows: number;
  /** Size of a label. */
  readonly widthMm: number;
  readonly heightMm: number;
  /** From the page's corner to the first label's. */
  readonly leftMm: number;
  readonly topMm: number;
  /** From a label's corner to the next one's. */
  readonly stepXMm: number;
  readonly stepYMm: number;
}

const a4 = { widthMm: 210, heightMm: 297 } as const;
const letter = { widthMm: 215.9, heightMm: 279.4 } as const;

const known = {
  /** 21 on A4, Avery L7160 and its many equals. */
  L7160: {
    page: a4,
    columns: 3,
    rows: 7,
    widthMm: 63.5,
    heightMm: 38.1,
    leftMm: 7.2,
    topMm: 15.1,
    stepXMm: 66.05,
    stepYMm: 38.1,
  },
  /** 14 on A4. */
  L7163: {
    page: a4,
    columns: 2,
    rows: 7,
    widthMm: 99.1,
    heightMm: 38.1,
    leftMm: 4.65,
    topMm: 15.1,
    stepXMm: 101.6,
    stepYMm: 38.1,
  },
  /** 8 on A4. */
  L7165: {
    page: a4,
    columns: 2,
    rows: 4,
    widthMm: 99.1,
    heightMm: 67.7,
    leftMm: 4.65,
    topMm: 13.1,
    stepXMm: 101.6,
    stepYMm: 67.7,
  },
  /** 10 on US letter, 4 by 2 inches. */
  '5163': {
    page: letter,
    columns: 2,
    rows: 5,
    widthMm: 101.6,
    heightMm: 50.8,
    leftMm: 3.97,
    topMm: 12.7,
    stepXMm: 106.36,
    stepYMm: 50.8,
  },
} as const satisfies Record<string, LabelStock>;

/** Label sheets sold under these numbers. */
export type LabelStockName = keyof typeof known;

/** Every label sheet we know, by number. */
export const labelStocks: Readonly<Record<LabelStockName, LabelStock>> = known;

/**
 * A sheet by its number, or one the caller measured.
 *
 * @throws PrintError PRINT_STOCK_UNKNOWN, or PRINT_OPTION_INVALID when labels lie over each other or the edge
 */
export function stockOf(stock: string | LabelStock): LabelStock {
  if (typeof stock !== 'string') {
    return checkStock(stock);
  }
  if (!Object.hasOwn(known, stock)) {
    const list = Object.keys(known).join(', ');
    const message = `No label sheet is called ${JSON.stringify(stock)}. Known: ${list}.`;
    throw new PrintError('PRINT_STOCK_UNKNOWN', message, { path: 'stock' });
  }
  return labelStocks[stock as LabelStockName];
}

function checkStock(stock: LabelStock): LabelStock {
  const { page, columns, rows, widthMm, heightMm, leftMm, topMm, stepXMm, stepYMm } = stock;
  const fits =
    Number.isInteger(columns) &&
    Number.isInteger(rows) &&
    columns > 0 &&
    rows > 0 &&
    widthMm >= 30 &&
    heightMm >= 20 &&
    leftMm >= 0 &&
    topMm >= 0 &&
    (columns === 1 || stepXMm >= widthMm) &&
    (rows === 1 || stepYMm >= heightMm) &&
    leftMm + (columns - 1) * stepXMm + widthMm <= page.widthMm + 0.5 &&
    topMm + (rows - 1) * stepYMm + heightMm <= page.heightMm + 0.5;
  if (!fits) {
    const message = 'The labels are under 30 by 20 mm, lie over each other or over the edge of the page.';
    throw new PrintError('PRINT_OPTION_INVALID', message, { path: 'stock' });
  }
  return stock;
}
