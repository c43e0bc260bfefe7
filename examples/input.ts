import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * What an example is run with: a network, the private key of a participant of it, and a code that was
 * scanned.
 */
export interface ExampleInput {
  readonly switchUrl: string;
  readonly privateJwk: unknown;
  /** Where the network keeps its files; an example that must remember something keeps it there. */
  readonly folder: string;
  /** A merchant's code, as a camera gives it; the runner prints one. */
  readonly scannedText: string;
}

/** Reads `BARLINK_URL`, `BARLINK_FOLDER` and `BARLINK_CODE`; without them, the network of `npm start`. */
export function readExampleInput(participantId: string): ExampleInput {
  const folder = resolve(process.env.BARLINK_FOLDER ?? join(import.meta.dirname, '..', '.barlink'));
  return {
    switchUrl: process.env.BARLINK_URL ?? 'http://127.0.0.1:8080',
    folder,
    privateJwk: JSON.parse(readFileSync(join(folder, 'keys', `${participantId}.json`), 'utf8')),
    scannedText: process.env.BARLINK_CODE ?? '',
  };
}
