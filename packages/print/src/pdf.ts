import type { Font } from 'fontkit';
import PDFDocument from 'pdfkit';
import type { Logo } from './logo.ts';
import type { Page, Printout, Shape } from './page.ts';

/** What a PDF says about itself. */
export interface PdfOptions {
  /** When the file was made; now, when left out. */
  readonly createdAt?: Date;
}

/** Points of a PDF in a millimetre. */
const points = 72 / 25.4;

/**
 * Writes all pages of a printout as one PDF, in exact size. Texts stay texts that can be searched and
 * copied; of the fonts only the glyphs in use are embedded.
 */
export function writePdf(
  { pages, title, typeface }: Printout,
  { createdAt = new Date() }: PdfOptions = {},
): Promise<Uint8Array> {
  const document = new PDFDocument({
    autoFirstPage: false,
    compress: true,
    displayTitle: true,
    info: { Title: title, Producer: 'Barlink', Creator: 'Barlink', CreationDate: createdAt },
  });
  const done = collect(document);
  for (const weight of ['regular', 'bold'] as const) {
    document.registerFont(weight, asSource(typeface.fonts[weight]));
  }
  const pictures = new Map<Logo, PDFKit.Mixins.ImageSrc>();
  for (const page of pages) {
    addPage(document, page, pictures);
  }
  document.end();
  return done;
}

function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    document.on('data', (part: Buffer) => parts.push(part));
    document.on('end', () => resolve(Buffer.concat(parts)));
    document.on('error', reject);
  });
}

/** pdfkit takes an open font too, which spares opening it for every file; its types do not say so. */
function asSource(font: Font): PDFKit.Mixins.PDFFontSource {
  return font as unknown as PDFKit.Mixins.PDFFontSource;
}

function addPage(
  document: PDFKit.PDFDocument,
  page: Page,
  pictures: Map<Logo, PDFKit.Mixins.ImageSrc>,
): void {
  document.addPage({ size: [page.widthMm * points, page.heightMm * points], margin: 0 });
  document.scale(points);
  for (const shape of page.shapes) {
    document.save();
    drawShape(document, shape, pictures);
    document.restore();
  }
}

function drawShape(
  document: PDFKit.PDFDocument,
  shape: Shape,
  pictures: Map<Logo, PDFKit.Mixins.ImageSrc>,
): void {
  switch (shape.kind) {
    case 'box': {
      const { x, y, width, height, radius = 0 } = shape;
      if (radius > 0) {
        document.roundedRect(x, y, width, height, radius);
      } else {
        document.rect(x, y, width, height);
      }
      paint(document, shape);
      return;
    }
    case 'path': {
      document.translate(shape.x, shape.y).scale(shape.scale);
      document.path(shape.data);
      paint(document, shape);
      return;
    }
    case 'text': {
      const { text, x, y, size, weight, color } = shape;
      document.font(weight).fontSize(size).fillColor(color);
      document.text(text, x, y, { lineBreak: false, baseline: 'alphabetic' });
      return;
    }
    case 'picture': {
      const { logo, x, y, width, height } = shape;
      const picture = pictures.get(logo) ?? openPicture(document, logo);
      pictures.set(logo, picture);
      document.image(picture, x, y, { width, height });
      return;
    }
    default:
      shape satisfies never;
  }
}

interface Painted {
  readonly fill?: string;
  readonly stroke?: { readonly color: string; readonly width: number };
}

function paint(document: PDFKit.PDFDocument, { fill, stroke }: Painted): void {
  if (stroke !== undefined) {
    document.lineWidth(stroke.width).lineCap('round').lineJoin('round');
  }
  if (fill !== undefined && stroke !== undefined) {
    document.fillAndStroke(fill, stroke.color);
  } else if (fill !== undefined) {
    document.fill(fill);
  } else if (stroke !== undefined) {
    document.stroke(stroke.color);
  }
}

/** One embedded picture for all the pages it is on. */
function openPicture(document: PDFKit.PDFDocument, logo: Logo): PDFKit.Mixins.ImageSrc {
  const { openImage } = document as unknown as OpensImages;
  return openImage.call(document, Buffer.from(logo.png));
}

interface OpensImages {
  openImage(bytes: Buffer): PDFKit.Mixins.ImageSrc;
}
