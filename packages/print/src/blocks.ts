import { moveShapes, type Shape, widestText } from './page.ts';
import type { PrintWarning } from './print-error.ts';
import type { CheckedSign, Look } from './sign.ts';
import { chooseSymbol } from './symbol.ts';
import { fitText, leading, placeText, type Space, type TextStyle } from './text-fit.ts';
import { symbolColor } from './theme.ts';

/** A part of a page, with what was noticed while drawing it. */
export interface Block {
  readonly shapes: readonly Shape[];
  readonly warnings: readonly PrintWarning[];
}

/** A square on the page. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** From how far a symbol is read, and how many millimetres a unit of the layout becomes. */
export interface Reading {
  readonly readingDistanceMm: number;
  readonly scale: number;
}

/** The symbol on white with its quiet zone, and the logo in its middle if there is one. */
export function symbolBlock(sign: CheckedSign, square: Square, reading: Reading): Block {
  const { x, y, side } = square;
  const { scale, readingDistanceMm } = reading;
  const { symbolLogo, symbolLogoSide } = sign;
  const share = symbolLogo === undefined ? 0 : symbolLogoSide ** 2;
  const symbol = chooseSymbol(sign.payload, {
    widthMm: side * scale,
    readingDistanceMm,
    logoShare: share,
  });
  const module = symbol.moduleMm / scale;
  const shapes: Shape[] = [
    { kind: 'box', x, y, width: side, height: side, fill: '#ffffff' },
    {
      kind: 'path',
      data: symbol.path,
      x,
      y,
      scale: module,
      fill: symbolColor,
      isCrisp: true,
    },
  ];
  if (symbolLogo !== undefined) {
    const plate = symbolLogoSide * symbol.size * module;
    const inner = plate * 0.84;
    const corner = (side - plate) / 2;
    shapes.push({
      kind: 'box',
      x: x + corner,
      y: y + corner,
      width: plate,
      height: plate,
      radius: plate * 0.16,
      fill: '#ffffff',
    });
    shapes.push(pictureIn(symbolLogo, { x: x + (side - inner) / 2, y: y + (side - inner) / 2, side: inner }));
  }
  return { shapes, warnings: symbol.warnings };
}

/** Four corners around a symbol, outside of its quiet zone, as a camera's finder shows them. */
export function finderCorners(square: Square, color: string): readonly Shape[] {
  const { x, y, side } = square;
  const arm = side * 0.11;
  const bend = side * 0.03;
  const stroke = { color, width: side * 0.0115 };
  const far = side;
  const corners = [
    `M0 ${arm}L0 ${bend}Q0 0 ${bend} 0L${arm} 0`,
    `M${far - arm} 0L${far - bend} 0Q${far} 0 ${far} ${bend}L${far} ${arm}`,
    `M${far} ${far - arm}L${far} ${far - bend}Q${far} ${far} ${far - bend} ${far}L${far - arm} ${far}`,
    `M${arm} ${far}L${bend} ${far}Q0 ${far} 0 ${far - bend}L0 ${far - arm}`,
  ];
  return corners.map((data): Shape => ({ kind: 'path', data, x, y, scale: 1, stroke }));
}

/** A picture as large as it gets inside a square, in its middle. */
export function pictureIn(logo: NonNullable<CheckedSign['logo']>, { x, y, side }: Square): Shape {
  const scale = side / Math.max(logo.widthPx, logo.heightPx);
  const width = logo.widthPx * scale;
  const height = logo.heightPx * scale;
  return {
    kind: 'picture',
    logo,
    x: x + (side - width) / 2,
    y: y + (side - height) / 2,
    width,
    height,
  };
}

/** Our mark: three bars of a bar code that a link holds together. */
export function networkMark({ x, y, side }: Square, color: string): readonly Shape[] {
  const unit = side / 10;
  const bars = [0.6, 3.1, 7.6].map(
    (left, index): Shape => ({
      kind: 'box',
      x: x + left * unit,
      y: y + unit * 0.4,
      width: unit * (index === 1 ? 2.6 : 1.5),
      height: unit * 9.2,
      radius: unit * 0.7,
      fill: color,
    }),
  );
  const link: Shape = {
    kind: 'box',
    x: x + unit * 0.6,
    y: y + unit * 3.9,
    width: unit * 8.5,
    height: unit * 2.2,
    radius: unit * 1.1,
    fill: color,
  };
  return [...bars, link];
}

/** Where a text goes. */
export interface TextPlace extends Space {
  /** What the text is called in a warning. */
  readonly path: string;
  readonly x: number;
  /** Middle of the block. */
  readonly y: number;
  readonly align: 'left' | 'middle';
}

/** Lines of one text below each other, cut with a warning where they do not fit. */
export function textLines(
  text: string,
  place: TextPlace,
  style: TextStyle,
): Block & { readonly height: number } {
  const { size, lines, isShortened } = fitText(text, place, style);
  const step = leading * size;
  const height = step * lines.length;
  const shapes = lines.map((line, index) =>
    placeText(
      line,
      { x: place.x, y: place.y - height / 2 + step * (index + 0.5) + size * 0.36, align: place.align },
      { ...style, size },
    ),
  );
  const warning: PrintWarning = {
    code: 'PRINT_TEXT_SHORTENED',
    path: place.path,
    message: `The ${place.path} is too long for its place; it ends in an ellipsis.`,
  };
  return { shapes, height, warnings: isShortened ? [warning] : [] };
}

/** How logo and name are set. */
export interface NamePlace {
  /** Middle of the block. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly logoSide: number;
  readonly nameSize: number;
  readonly subtitleSize: number;
}

/** Logo on the left, name and subtitle beside it; all centred together. */
export function nameBlock(sign: CheckedSign, { palette, typeface }: Look, place: NamePlace): Block {
  const { logo, subtitle } = sign;
  const { nameSize, subtitleSize } = place;
  const taken = logo === undefined ? 0 : place.logoSide * 1.26;
  const align = logo === undefined ? 'middle' : 'left';
  const space = { x: 0, y: 0, width: place.width - taken, align } as const;
  const name = textLines(
    sign.name,
    {
      ...space,
      path: 'name',
      lines: subtitle === undefined ? 2 : 1,
      height: place.height,
      sizeMin: nameSize * 0.45,
    },
    { typeface, size: nameSize, weight: 'bold', color: palette.text },
  );
  const [line] = name.shapes;
  const shownSize = line?.kind === 'text' ? line.size : nameSize;
  const second =
    subtitle === undefined
      ? undefined
      : textLines(
          subtitle,
          { ...space, path: 'subtitle', lines: 1, height: place.height, sizeMin: subtitleSize * 0.5 },
          {
            typeface,
            size: Math.min(subtitleSize, shownSize * 0.72),
            weight: 'regular',
            color: palette.soft,
          },
        );
  const height = name.height + (second?.height ?? 0);
  const textWidth = widestText([...name.shapes, ...(second?.shapes ?? [])], typeface);
  const left = place.x - (taken + textWidth) / 2;
  const x = align === 'left' ? left + taken : place.x;
  const top = place.y - height / 2;
  const square = { x: left, y: place.y - place.logoSide / 2, side: place.logoSide };
  return {
    shapes: [
      ...(logo === undefined ? [] : [pictureIn(logo, square)]),
      ...moveShapes(name.shapes, { x, y: top + name.height / 2 }),
      ...moveShapes(second?.shapes ?? [], { x, y: top + height - (second?.height ?? 0) / 2 }),
    ],
    warnings: [...name.warnings, ...(second?.warnings ?? [])],
  };
}
