import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.ts';

/** Largest request body in bytes (spec/messages.md 1.1). */
export const bodyBytesMax = 65_536;

/** Reads the raw body. @throws {HttpError} `REQUEST_TOO_LARGE`, `REQUEST_BODY_TRUNCATED` */
export function readBody(request: IncomingMessage, bytesMax = bodyBytesMax): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      reject(new HttpError('REQUEST_TOO_LARGE'));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        request.pause();
        reject(new HttpError('REQUEST_TOO_LARGE'));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)),
    );
    request.on('error', (cause) => reject(new HttpError('REQUEST_BODY_TRUNCATED', { cause })));
    request.on('aborted', () => reject(new HttpError('REQUEST_BODY_TRUNCATED')));
  });
}
