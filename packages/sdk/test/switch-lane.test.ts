import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeEnvelopeLine, envelopeHeader, envelopeType, parseEnvelope } from '@barlink/protocol';
import { createPoolTransport, type PoolTransport } from '../src/index.ts';

/** How the receiver at the other end answers an envelope of so many messages. */
type OnEnvelope = (response: ServerResponse, bodies: readonly string[]) => void | Promise<void>;

describe('a pool transport whose receiver takes several messages at once (spec/messages.md 6)', () => {
  let server: Server;
  let transport: PoolTransport;
  let targets: string[];
  let atOnce: number | undefined;
  let onEnvelope: OnEnvelope;

  beforeEach(async () => {
    targets = [];
    atOnce = 64;
    onEnvelope = answerAll;
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    transport = createPoolTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    targets.push(request.url ?? '');
    const bytes = Buffer.concat(await request.toArray());
    if (request.url === '/v1/messages') {
      const bodies = parseEnvelope(bytes).map(({ body }) => body);
      await onEnvelope(response, bodies);
      return;
    }
    const said = atOnce === undefined ? {} : { [envelopeHeader]: atOnce };
    response.writeHead(201, { 'barlink-signature': 'alone', ...said }).end(bytes);
  }

  const lineOf = (body: string, at: number) =>
    encodeEnvelopeLine({ at, status: 200, signature: `at ${at}`, body });

  function answerAll(response: ServerResponse, bodies: readonly string[]): void {
    response.writeHead(200, { 'content-type': envelopeType });
    // In any order, in any pieces.
    const text = bodies.map(lineOf).reverse().join('');
    response.write(text.slice(0, 20));
    response.end(text.slice(20));
  }

  async function send(body: string, signal = new AbortController().signal) {
    const headers = { 'barlink-signature': 'one', 'content-type': 'application/json' };
    const bytes = new TextEncoder().encode(body);
    const sent = await transport.send({ method: 'POST', path: '/v1/payments', headers, body: bytes, signal });
    return { ...sent, body: new TextDecoder().decode(sent.body) };
  }

  /** The first answer says how many are taken. */
  async function sendSeveral(count: number) {
    await send('first');
    targets = [];
    return Promise.all(Array.from({ length: count }, (_, at) => send(`“${at}”\n`)));
  }

  it('sends what leaves at the same moment in one request, and gives each its answer', async () => {
    const answers = await sendSeveral(5);
    assert.deepEqual(
      answers,
      Array.from({ length: 5 }, (_, at) => ({ status: 200, signature: `at ${at}`, body: `“${at}”\n` })),
    );
    assert.deepEqual(targets, ['/v1/messages']);
  });

  it('sends no more at once than the receiver takes, and one by one where it takes one', async () => {
    atOnce = 2;
    await sendSeveral(5);
    assert.deepEqual(targets.sort(), ['/v1/messages', '/v1/messages', '/v1/payments']);
    atOnce = undefined;
    await sendSeveral(3);
    assert.deepEqual(targets, ['/v1/payments', '/v1/payments', '/v1/payments']);
  });

  it('sends each alone when the envelope is refused', async () => {
    onEnvelope = (response) => void response.writeHead(404).end('{}');
    const answers = await sendSeveral(3);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.deepEqual(targets.sort(), ['/v1/messages', '/v1/payments', '/v1/payments', '/v1/payments']);
  });

  it('tells each what a gateway said for all', async () => {
    onEnvelope = (response) => void response.writeHead(502).end('bad gateway');
    const answers = await sendSeveral(2);
    assert.deepEqual(
      answers.map(({ status, signature }) => [status, signature]),
      [
        [502, undefined],
        [502, undefined],
      ],
    );
  });

  it('loses only the messages without an answer when the connection breaks', async () => {
    onEnvelope = (response, bodies) => {
      response.writeHead(200, { 'content-type': envelopeType });
      response.write(lineOf(bodies[0] ?? '', 0), () => setImmediate(() => response.destroy()));
    };
    await send('first');
    const ended = await Promise.allSettled([send('a'), send('b'), send('c')]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
  });

  it('loses only the messages without a line when the answer ends', async () => {
    onEnvelope = (response, bodies) => {
      response.writeHead(200, { 'content-type': envelopeType }).end(lineOf(bodies[1] ?? '', 1));
    };
    await send('first');
    const ended = await Promise.allSettled([send('a'), send('b')]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
  });

  it('gives one message up when its time is over, and waits for the others', async () => {
    const abort = new AbortController();
    let gaveUp: () => void = () => undefined;
    const isGivenUp = new Promise<void>((resolve) => {
      gaveUp = resolve;
    });
    onEnvelope = async (response, bodies) => {
      abort.abort();
      await isGivenUp;
      answerAll(response, bodies);
    };
    await send('first');
    const late = send('late', abort.signal).catch((error: unknown) => {
      gaveUp();
      throw error;
    });
    const [one, other] = await Promise.allSettled([late, send('in time')]);
    assert.deepEqual([one.status, other.status], ['rejected', 'fulfilled']);
  });

  it('gives up what nobody waits for any more before it leaves', async () => {
    await send('first');
    const abort = new AbortController();
    const given = send('given up', abort.signal);
    const kept = send('kept');
    abort.abort(new Error('no time'));
    await assert.rejects(given, /no time/);
    assert.equal((await kept).body, 'kept');
  });
});
