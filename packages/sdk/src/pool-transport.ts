import { Pool } from 'undici';
import { secureOptions, type TlsOptions } from './tls.ts';
import { answerBytesMax, type Transport } from './transport.ts';

/** Options of {@link createPoolTransport}. */
export interface PoolTransportOptions {
  /** Most connections kept to the switch; 64 when absent. */
  readonly connections?: number;
  /** Certificate, key and authorities, for mutual TLS. */
  readonly tls?: TlsOptions | undefined;
}

/** A transport whose certificate can be renewed. */
export interface PoolTransport extends Transport {
  /** Makes new connections with this; those that are there end when they are idle. */
  renewTls(tls: TlsOptions): void;
}

/**
 * The default transport on Node: a pool of kept connections.
 *
 * @param switchUrl origin of the switch, for example `https://switch.example`
 */
export function createPoolTransport(switchUrl: string, options: PoolTransportOptions = {}): PoolTransport {
  let pool = openPool(switchUrl, options);
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
    renewTls: (tls) => {
      const before = pool;
      pool = openPool(switchUrl, { ...options, tls });
      void before.close();
    },
    close: () => pool.destroy(),
  };
}

function openPool(switchUrl: string, { connections = 64, tls }: PoolTransportOptions): Pool {
  return new Pool(new URL(switchUrl).origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    maxResponseSize: answerBytesMax,
    ...(tls === undefined ? {} : { connect: secureOptions(tls) }),
  });
}
