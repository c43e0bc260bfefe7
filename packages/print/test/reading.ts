import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { Page, Printout } from '../src/index.ts';

/** What Debian's poppler-utils and zbar-tools bring. */
export const hasPoppler = isInstalled('pdftoppm', '-v');
export const hasZbar = isInstalled('zbarimg', '--version');

const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } });

/** Every text on a picture, as zxing reads it. */
export async function readWithZxing(png: Uint8Array): Promise<string[]> {
  const found = await readBarcodes(Uint8Array.from(png), { tryHarder: true, maxNumberOfSymbols: 99 });
  return found.filter(({ isValid }) => isValid).map(({ text }) => text);
}

/** Every text on a picture, as zbar reads it. */
export function readWithZbar(png: Uint8Array): string[] {
  return inFolder((folder) => {
    const file = join(folder, 'page.png');
    writeFileSync(file, png);
    const { stdout } = spawnSync('zbarimg', ['--quiet', '--nodbus', '--raw', file], {
      encoding: 'utf8',
    });
    return stdout.split('\n').filter((line) => line !== '');
  });
}

/** The pages of a PDF as pictures. */
export function rasterise(pdf: Uint8Array, dpi: number): Uint8Array[] {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'file.pdf'), pdf);
    execFileSync('pdftoppm', ['-r', String(dpi), '-png', join(folder, 'file.pdf'), join(folder, 'page')]);
    const pages = readdirSync(folder).filter((name) => name.endsWith('.png'));
    return pages.sort().map((name) => Uint8Array.from(readFileSync(join(folder, name))));
  });
}

/** How a symbol was spoilt. */
export type Damage = 'torn' | 'stained' | 'scratched';

/** The printout with a tenth of every symbol gone; finder patterns, without which nothing is found, stay. */
export function spoil(printout: Printout, damage: Damage): Printout {
  return { ...printout, pages: printout.pages.map((page) => spoilPage(page, damage)) };
}

function spoilPage(page: Page, damage: Damage): Page {
  const marks = page.shapes.flatMap((shape, index): Page['shapes'] => {
    const paper = page.shapes[index - 1];
    const isSymbol = shape.kind === 'path' && shape.isCrisp === true && paper?.kind === 'box';
    if (!isSymbol) {
      return [];
    }
    const quiet = 4 * shape.scale;
    const square = { x: shape.x + quiet, y: shape.y + quiet, side: paper.width - 2 * quiet };
    return marksOn(square, damage);
  });
  return { ...page, shapes: [...page.shapes, ...marks] };
}

interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

function marksOn({ x, y, side }: Square, damage: Damage): Page['shapes'] {
  switch (damage) {
    case 'torn': {
      // A corner, the one without a finder pattern.
      const edge = Math.sqrt(0.1) * side;
      return [
        { kind: 'box', x: x + side - edge, y: y + side - edge, width: edge, height: edge, fill: '#ffffff' },
      ];
    }
    case 'stained': {
      const edge = Math.sqrt(0.1) * side;
      const at = 0.36 * side;
      return [{ kind: 'box', x: x + at, y: y + at, width: edge, height: edge, fill: '#222222' }];
    }
    case 'scratched':
      return [0.34, 0.46, 0.6, 0.75].map((part) => ({
        kind: 'box',
        x: x + part * side,
        y: y + side * 0.2,
        width: side * 0.03125,
        height: side * 0.8,
        fill: '#ffffff',
      }));
    default:
      return damage satisfies never;
  }
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'barlink-print-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isInstalled(program: string, argument: string): boolean {
  return spawnSync(program, [argument]).error === undefined;
}
