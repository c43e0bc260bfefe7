import { prepareZXingModule, type ReaderOptions, readBarcodes } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';

/** What a picture holds. */
export type PictureResult =
  | { readonly kind: 'found'; readonly texts: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable' };

const edgePixelsMax = 2400;
/** A picture without a size of its own (SVG) is drawn this wide. */
const edgePixelsDefault = 1200;

const options: ReaderOptions = {
  formats: ['QRCode', 'MicroQRCode', 'Code128', 'DataMatrix', 'Aztec', 'PDF417'],
  tryHarder: true,
  maxNumberOfSymbols: 8,
};

// The reader comes with the page; without this line it would be fetched from a content network.
prepareZXingModule({ overrides: { locateFile: () => wasmUrl } });

/** Reads every symbol of a picture, in the browser. */
export async function readPicture(picture: Blob): Promise<PictureResult> {
  const pixels = await drawPicture(picture);
  if (pixels === undefined) return { kind: 'unreadable' };
  const symbols = await readBarcodes(pixels, options);
  const texts = [...new Set(symbols.filter(({ isValid }) => isValid).map(({ text }) => text))];
  return texts.length > 0 ? { kind: 'found', texts } : { kind: 'nothing' };
}

async function drawPicture(picture: Blob): Promise<ImageData | undefined> {
  const url = URL.createObjectURL(picture);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const width = image.naturalWidth || edgePixelsDefault;
    const height = image.naturalHeight || edgePixelsDefault;
    const scale = Math.min(1, edgePixelsMax / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
    const context = canvas.getContext('2d');
    if (context === null) return undefined;
    // Transparent pictures are drawn for paper.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}
