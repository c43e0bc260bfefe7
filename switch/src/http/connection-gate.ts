import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type FloodGuard, sourceOf } from './flood-guard.ts';

/** How connections that are not taken are held before they are closed; nothing of them is read meanwhile. */
interface Holding {
  readonly ms: number;
  /** At once, in a process; what comes beyond them is closed at once. */
  readonly most: number;
}

/**
 * Lets a suspect source have few connections, because each can make the switch verify something
 * (spec/guards.md 8). Closing a further one at once would be an invitation: whoever floods opens the next,
 * thousands a second, and each costs about as much as refusing a request.
 */
export function limitConnections(
  server: Server,
  {
    floodGuard,
    gateways,
    holding = { ms: 1000, most: 512 },
  }: {
    readonly floodGuard: FloodGuard;
    readonly gateways: ReadonlySet<string>;
    readonly holding?: Holding;
  },
): void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  const connections = new Map<string, number>();
  let held = 0;

  function hold(socket: Socket): void {
    // The other end may break it off, which is nobody's error.
    socket.on('error', () => undefined);
    if (held >= holding.most) {
      socket.destroy();
      return;
    }
    held += 1;
    const timer = setTimeout(() => socket.destroy(), holding.ms);
    socket.on('close', () => {
      clearTimeout(timer);
      held -= 1;
    });
  }

  server.on('connection', (socket: Socket) => {
    const source = sourceOf(socket.remoteAddress, undefined, gateways);
    const open = connections.get(source) ?? 0;
    if (!floodGuard.mayConnect(source, open)) {
      hold(socket);
      return;
    }
    connections.set(source, open + 1);
    socket.on('close', () => {
      const left = (connections.get(source) ?? 1) - 1;
      if (left > 0) {
        connections.set(source, left);
      } else {
        connections.delete(source);
      }
    });
    for (const listener of listeners) {
      listener.call(server, socket);
    }
  });
}
