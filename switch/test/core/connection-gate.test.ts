import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { limitConnections } from '../../src/http/connection-gate.ts';
import { createFloodGuard } from '../../src/http/flood-guard.ts';

const flooder = '127.0.0.2';
const request = 'GET / HTTP/1.1\r\nhost: switch\r\n\r\n';

describe('the gate for connections', () => {
  const floodGuard = createFloodGuard();
  let server: Server;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    server = createServer((_, response) => response.end('here'));
    limitConnections(server, { floodGuard, gateways: new Set(), holding: { ms: 1000, most: 8 } });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (let refusal = 0; refusal < 300; refusal += 1) {
      floodGuard.noteRefused(flooder);
    }
  });
  afterEach(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });

  /** Connects and asks. @returns what comes back: the answer's first line, or `closed` after so many ms. */
  async function ask(localAddress: string): Promise<{ readonly answer: string; readonly afterMs: number }> {
    const { port } = server.address() as AddressInfo;
    const startedAt = performance.now();
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    const answer = await new Promise<string>((resolve) => {
      socket.on('data', (data) => resolve(data.toString().split('\r\n')[0] ?? ''));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve('closed'));
      socket.write(request);
    });
    return { answer, afterMs: performance.now() - startedAt };
  }

  const askTimes = (times: number, localAddress: string) =>
    Promise.all(Array.from({ length: times }, () => ask(localAddress)));

  it('lets a suspect have 32, and holds a further one unread before it closes it', async () => {
    const answers = await askTimes(40, flooder);
    const closed = answers.filter(({ answer }) => answer === 'closed');
    assert.equal(answers.length - closed.length, 32);
    assert.ok(closed.every(({ afterMs }) => afterMs > 900));
  });

  it('lets others in meanwhile', async () => {
    const flood = askTimes(100, flooder);
    const others = await askTimes(50, '127.0.0.1');
    assert.ok(others.every(({ answer }) => answer === 'HTTP/1.1 200 OK'));
    await flood;
  });

  it('holds so many, closes at once what comes beyond them, and has room again when they are closed', async () => {
    const answers = await askTimes(32 + 8 + 20, flooder);
    const count = (wanted: (one: (typeof answers)[number]) => boolean) => answers.filter(wanted).length;
    assert.equal(
      count(({ answer }) => answer !== 'closed'),
      32,
    );
    assert.equal(
      count(({ answer, afterMs }) => answer === 'closed' && afterMs < 900),
      20,
    );
    assert.ok((await ask(flooder)).afterMs > 900);
  });

  it('is not held up in stopping by those it holds', async () => {
    await askTimes(32, flooder);
    const held = ask(flooder);
    await once(server, 'connection');
    const stopped = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    assert.equal((await held).answer, 'closed');
    await stopped;
  });
});
