import type { ServerResponse } from 'node:http';

/** Never lets the answer out; the asker's deadline ends the wait. */
export function silence(response: ServerResponse): void {
  response.end = () => response;
}

/** Cuts the connection in the place of the answer. */
export function cut(response: ServerResponse): void {
  response.end = () => {
    response.destroy();
    return response;
  };
}

/** Holds the answer back. */
export function delay(response: ServerResponse, ms: number): void {
  const end = response.end.bind(response) as (chunk: unknown) => ServerResponse;
  response.end = ((chunk: unknown) => {
    setTimeout(() => {
      if (!response.destroyed) {
        end(chunk);
      }
    }, ms).unref();
    return response;
  }) as ServerResponse['end'];
}

/** Sends the answer with a signature in which one bit is wrong. */
export function tamper(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (status: number, headers: object) => ServerResponse;
  response.writeHead = ((status: number, headers: Readonly<Record<string, string>>) => {
    const signature = headers['barlink-signature'] ?? '';
    const at = signature.lastIndexOf('.') + 10;
    const other = signature[at] === 'A' ? 'B' : 'A';
    const broken = signature.slice(0, at) + other + signature.slice(at + 1);
    return writeHead(status, { ...headers, 'barlink-signature': broken });
  }) as ServerResponse['writeHead'];
}
