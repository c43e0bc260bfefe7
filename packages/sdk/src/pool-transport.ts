import { Pool } from 'undici';
import { answerBytesMax, type Transport } from './transport.ts';

/** Options of {@link createPoolTransport}. */
export interface PoolTransportOptions {
  /** Most connections kept to the switch; 64 when absent. */
  readonly connections?: number;
  /** TLS: certificate, key and authorities in PEM, for mutual TLS. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
}

/**
 * The default transport on Node: a pool of kept connections.
 *
 * @param switchUrl origin of the switch, for example `https://switch.example`
 */
export function createPoolTransport(switchUrl: string, options: PoolTransportOptions = {}): Transport {
  const pool = new Pool(new URL(switchUrl).origin, {
    connections: options.connections ?? 64,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    maxResponseSize: answerBytesMax,
    ...(options.tls === undefined ? {} : { connect: { ...options.tls } }),
  });
  return {
    send: async ({ method, path, headers, body, signal }) => {
      const answer = await pool.request({ method, path, headers, signal, body: body ?? null });
      const signature = answer.headers['barlink-signature'];
      const bytes = new Uint8Array(await answer.body.arrayBuffer());
      return {
        status: answer.statusCode,
        signature: typeof signature === 'string' ? signature : undefined,
        body: bytes,
      };
    },
    close: () => pool.destroy(),
  };
}
