import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { CliError } from './cli-error.ts';
import { type Io, readInput } from './io.ts';

/** A text that was given or found on a picture. */
export interface FoundCode {
  readonly text: string;
  /** `QRCode`, `Code128` ...; absent when the text itself was given. */
  readonly symbol?: string;
}

/**
 * What an argument means: `-` or nothing is stdin, a file is read, anything else is the text itself. Pictures
 * (PNG, JPEG, BMP, GIF) are told from texts by their first bytes.
 */
export async function readCodes(argument: string | undefined, io: Io): Promise<readonly FoundCode[]> {
  const isFile = argument !== undefined && argument !== '-' && argument.length < 1024 && existsSync(argument);
  if (argument !== undefined && argument !== '-' && !isFile) {
    if (/\.(?:png|jpe?g|gif|bmp|webp|pdf|svg|txt)$/i.test(argument) && !argument.includes('://')) {
      throw new CliError('CLI_FILE_UNREADABLE', `${argument} cannot be read: there is no such file.`, {
        path: argument,
      });
    }
    return [{ text: argument }];
  }
  const bytes = await readInput(argument ?? '-', io);
  const path = argument ?? '-';
  if (isPicture(bytes)) {
    return readPicture(bytes, path);
  }
  return [{ text: readText(bytes, path) }];
}

/** The one code of an argument. */
export async function readOneCode(argument: string | undefined, io: Io): Promise<string> {
  const [first, second] = await readCodes(argument, io);
  if (first === undefined || (second !== undefined && second.text !== first.text)) {
    throw new CliError('CLI_OPTION_INVALID', 'The picture has several codes on it: cut one out.', {
      path: argument ?? '-',
    });
  }
  return first.text;
}

function isPicture(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 4);
  return head === '\x89PNG' || head.startsWith('\xff\xd8\xff') || head === 'GIF8' || /^BM/.test(head);
}

function readText(bytes: Buffer, path: string): string {
  const head = bytes.toString('latin1', 0, 8);
  if (head.startsWith('%PDF') || head.startsWith('RIFF')) {
    const message = 'Only PNG, JPEG, GIF and BMP pictures are read; make one of the page first.';
    throw new CliError('CLI_PICTURE_UNREADABLE', message, { path });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError('CLI_PICTURE_UNREADABLE', `${path} is neither a text nor a picture.`, { path, cause });
  }
}

async function readPicture(bytes: Buffer, path: string): Promise<readonly FoundCode[]> {
  const wasm = await readFile(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  // The reader would fetch its program from the network otherwise.
  prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } });
  const found = await readBarcodes(Uint8Array.from(bytes), {
    tryHarder: true,
    tryInvert: true,
    maxNumberOfSymbols: 99,
  }).catch((cause: unknown) => {
    throw new CliError('CLI_PICTURE_UNREADABLE', `${path} is a broken picture.`, { path, cause });
  });
  const codes = found.filter(({ isValid }) => isValid).map(({ text, format }) => ({ text, symbol: format }));
  if (codes.length === 0) {
    throw new CliError('CLI_PICTURE_EMPTY', `There is no code on ${path} that can be read.`, { path });
  }
  return codes;
}
