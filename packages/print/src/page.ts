import type { Typeface, Weight } from './font.ts';
import type { Logo } from './logo.ts';
import type { PrintWarning } from './print-error.ts';

/** One page, in millimetres from its top left corner. Its shapes are drawn in order. */
export interface Page {
  readonly widthMm: number;
  readonly heightMm: number;
  readonly shapes: readonly Shape[];
}

/** What a `draw...` function gives: pages for `writeSvg`, `writePng` and `writePdf`. */
export interface Printout {
  readonly pages: readonly Page[];
  readonly typeface: Typeface;
  /** What is worth changing before printing; empty when all is well. */
  readonly warnings: readonly PrintWarning[];
  /** What the file is called where files have titles. */
  readonly title: string;
}

/** Something on a page. Colours are `#rrggbb`. */
export type Shape = BoxShape | PathShape | TextShape | PictureShape;

export interface BoxShape {
  readonly kind: 'box';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly radius?: number;
  readonly fill?: string;
  readonly stroke?: { readonly color: string; readonly width: number };
}

/** SVG path data (absolute M L Q C H V Z, relative h v z), moved by `x` and `y` and scaled. */
export interface PathShape {
  readonly kind: 'path';
  readonly data: string;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly fill?: string;
  readonly stroke?: { readonly color: string; readonly width: number };
  /** Edges stay sharp: for symbols, where a grey edge is a misread module. */
  readonly isCrisp?: boolean;
}

export interface TextShape {
  readonly kind: 'text';
  readonly text: string;
  /** Left end of the baseline. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly weight: Weight;
  readonly color: string;
}

export interface PictureShape {
  readonly kind: 'picture';
  readonly logo: Logo;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The shapes larger or smaller, seen from the page's corner. */
export function scaleShapes(shapes: readonly Shape[], scale: number): readonly Shape[] {
  return scale === 1 ? shapes : shapes.map((shape) => scaleShape(shape, scale));
}

/** The shapes somewhere else. */
export function moveShapes(
  shapes: readonly Shape[],
  by: { readonly x: number; readonly y: number },
): readonly Shape[] {
  return shapes.map((shape) => ({ ...shape, x: shape.x + by.x, y: shape.y + by.y }));
}

/** Width of the widest text among shapes. */
export function widestText(shapes: readonly Shape[], { measure }: Typeface): number {
  const widths = shapes.map((shape) =>
    shape.kind === 'text' ? measure(shape.text, shape.size, shape.weight) : 0,
  );
  return Math.max(0, ...widths);
}

function scaleShape(shape: Shape, scale: number): Shape {
  const x = shape.x * scale;
  const y = shape.y * scale;
  switch (shape.kind) {
    case 'box': {
      const { stroke, radius = 0 } = shape;
      const line = stroke && { stroke: { color: stroke.color, width: stroke.width * scale } };
      const size = { width: shape.width * scale, height: shape.height * scale };
      return { ...shape, x, y, ...size, radius: radius * scale, ...line };
    }
    case 'path':
      // A path's stroke is in its own units, which grow with it.
      return { ...shape, x, y, scale: shape.scale * scale };
    case 'text':
      return { ...shape, x, y, size: shape.size * scale };
    case 'picture':
      return { ...shape, x, y, width: shape.width * scale, height: shape.height * scale };
    default:
      return shape satisfies never;
  }
}
