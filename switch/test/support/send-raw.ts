import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';

/**
 * Sends a request piece by piece, so that a body can be longer or shorter than a decent client lets it be.
 */
export async function sendRaw(
  url: string,
  parts: {
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly chunks: readonly Uint8Array[];
  },
): Promise<{
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}> {
  const { hostname, port } = new URL(url);
  const { method, target: path, headers } = parts;
  const sending = request({ hostname, port, method, path, headers, agent: false });
  // The switch may stop reading before everything was written.
  sending.on('error', () => undefined);
  for (const chunk of parts.chunks) {
    sending.write(chunk);
  }
  sending.end();
  const [response] = await once(sending, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  return {
    status: response.statusCode as number,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

/** Announces a body, sends the first part of it and hangs up. */
export async function hangUpInBody(
  url: string,
  parts: {
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly announced: number;
    readonly sent: Uint8Array;
  },
): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const headers = {
    host: `${hostname}:${port}`,
    ...parts.headers,
    'content-length': String(parts.announced),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${parts.method} ${parts.target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  socket.write(parts.sent);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
}
