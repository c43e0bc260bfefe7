import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between two programs and does what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Resets every connection. */
  cut(): void;
  /** Says to one side of every connection that the other one has no more to say. */
  halfClose(side: 'client' | 'server'): void;
  /** Takes bytes and connections and passes nothing on, until `resume`. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A proxy on a free port of this machine. */
export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let isStalled = false;
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { client, server };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', end);
      from.on('close', end);
      from.on('end', () => to.end());
      from.on('data', (bytes) => to.write(bytes));
    }
    if (isStalled) {
      pauseBoth(pair);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    cut() {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    halfClose(side) {
      for (const pair of pairs) {
        pair[side].end();
      }
    },
    stall() {
      isStalled = true;
      for (const pair of pairs) {
        pauseBoth(pair);
      }
    },
    resume() {
      isStalled = false;
      for (const { client, server } of pairs) {
        client.resume();
        server.resume();
      }
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
}

function pauseBoth({ client, server }: Pair): void {
  client.pause();
  server.pause();
}
