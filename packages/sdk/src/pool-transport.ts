import { Pool } from 'undici';
import { createSwitchLane } from './switch-lane.ts';
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
 * The default transport on Node: a pool of kept connections. Writes that are sent in the same turn of the
 * event loop share a request when the switch takes that.
 *
 * @param switchUrl origin of the switch, for example `https://switch.example`
 */
export function createPoolTransport(switchUrl: string, options: PoolTransportOptions = {}): PoolTransport {
  let pool = openPool(switchUrl, options);
  const lane = createSwitchLane(() => pool);
  return {
    send: lane.send,
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
