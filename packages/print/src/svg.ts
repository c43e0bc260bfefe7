import type { Typeface } from './font.ts';
import type { Page, Shape } from './page.ts';

/**
 * Writes a page as SVG in millimetres. Texts are outlines: it looks the same everywhere, whatever fonts are
 * installed, and asks for nothing from the network.
 */
export function writeSvg(page: Page, { typeface }: { readonly typeface: Typeface }): string {
  const { widthMm, heightMm } = page;
  const shapes = page.shapes.map((shape) => writeShape(shape, typeface)).join('\n');
  const size = `width="${short(widthMm)}mm" height="${short(heightMm)}mm"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${short(widthMm)} ${short(heightMm)}">
${shapes}
</svg>
`;
}

function writeShape(shape: Shape, typeface: Typeface): string {
  switch (shape.kind) {
    case 'box': {
      const { x, y, width, height, radius } = shape;
      const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
      return `<rect ${place}${radius ? ` rx="${short(radius)}"` : ''}${paint(shape)}/>`;
    }
    case 'path': {
      const { data, x, y, scale, isCrisp } = shape;
      const move = `transform="translate(${short(x)} ${short(y)}) scale(${scale})"`;
      return `<path d="${data}" ${move}${isCrisp ? ' shape-rendering="crispEdges"' : ''}${paint(shape)}/>`;
    }
    case 'text': {
      const { text, x, y, size, weight, color } = shape;
      const data = typeface.outline(text, size, weight);
      const move = `transform="translate(${short(x)} ${short(y)})"`;
      return `<path aria-label="${escapeText(text)}" d="${data}" ${move} fill="${color}"/>`;
    }
    case 'picture': {
      const { logo, x, y, width, height } = shape;
      const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
      return `<image ${place} href="data:image/png;base64,${Buffer.from(logo.png).toString('base64')}"/>`;
    }
    default:
      return shape satisfies never;
  }
}

interface Painted {
  readonly fill?: string;
  readonly stroke?: { readonly color: string; readonly width: number };
}

/** Ends and corners of lines. */
const rounded = 'stroke-linecap="round" stroke-linejoin="round"';

function paint({ fill, stroke }: Painted): string {
  const line =
    stroke === undefined ? '' : ` stroke="${stroke.color}" stroke-width="${stroke.width}" ${rounded}`;
  return ` fill="${fill ?? 'none'}"${line}`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

function short(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
