import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeEnvelopeLine, envelopeType, parseEnvelope } from '@barlink/protocol';
import { type Carrier, createCarrier } from '../../src/participants/carrier-service.ts';
import { freePort } from '../support/free-port.ts';

type Answer = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

/** A receiver that takes several at once, unless told otherwise. */
const alone: Answer = (request, body, response) => {
  response.setHeader('barlink-messages-at-once', 64);
  response.end(`alone ${request.url} ${body}`);
};
const answerOf = (at: number, body: string) =>
  encodeEnvelopeLine({ at, status: 200, signature: `s${at}`, body });
const all: Answer = (_request, body, response) => {
  response.writeHead(200, { 'content-type': envelopeType });
  const requests = parseEnvelope(body);
  response.end(requests.map((request, at) => answerOf(at, `together ${request.body}`)).join(''));
};

describe('what carries messages to participants (spec/messages.md 6)', () => {
  let server: Server;
  let url: string;
  let carrier: Carrier;
  let paths: string[];
  let together: Answer;

  beforeEach(async () => {
    paths = [];
    together = all;
    server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      paths.push(request.url ?? '');
      (request.url === '/in/messages' ? together : alone)(request, body, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
    carrier = createCarrier({ connectionsPerParticipant: 8 });
  });
  afterEach(async () => {
    await carrier.close();
    server.closeAllConnections();
    server.close();
  });

  const carry = (body: string, signal = new EventEmitter()) =>
    carrier
      .carry({ participantId: 'bank-north', url, target: '/in/authorizations', body, signature: 'x', signal })
      .then(({ bytes, signature }) => `${signature} ${Buffer.from(bytes)}`.trim());
  const carryAll = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, (_, at) => carry(`m${at}`)));
  const values = (results: readonly PromiseSettledResult<string>[]) =>
    results.map((result) => (result.status === 'fulfilled' ? result.value : 'none'));

  it('sends one by one until the receiver says it takes several, then together', async () => {
    await carryAll(3);
    assert.deepEqual(new Set(paths), new Set(['/in/authorizations']));
    paths = [];
    assert.deepEqual(
      values(await carryAll(3)),
      [0, 1, 2].map((at) => `s${at} together m${at}`),
    );
    assert.deepEqual(paths, ['/in/messages']);
    await carry('m');
    assert.equal(paths.at(-1), '/in/authorizations', 'one that is alone goes alone');
  });

  it('sends at most 64 and a quarter of a mebibyte together', async () => {
    await carry('m');
    paths = [];
    await carryAll(130);
    assert.equal(paths.length, 3);
    paths = [];
    const large = 'x'.repeat(60_000);
    await Promise.all(Array.from({ length: 8 }, () => carry(large)));
    assert.equal(paths.length, 2);
  });

  it('hands on each answer when it comes, in any order; what has none has no answer', async () => {
    await carry('m');
    let release: () => void = () => undefined;
    together = (_request, _body, response) => {
      response.writeHead(200, { 'content-type': envelopeType });
      response.write(answerOf(2, 'third') + answerOf(7, 'nobody asked'));
      release = () => response.end(answerOf(0, 'first'));
    };
    const [first, second, third] = [carry('a'), carry('b'), carry('c')];
    assert.equal(await third, 's2 third');
    release();
    assert.equal(await first, 's0 first');
    await assert.rejects(second);
  });

  it('ends what a connection that breaks leaves open, and keeps what came before', async () => {
    await carry('m');
    together = (request, _body, response) => {
      response.writeHead(200, { 'content-type': envelopeType });
      response.write(answerOf(1, 'second') + answerOf(0, 'first').slice(0, 9), () =>
        request.socket.destroy(),
      );
    };
    assert.deepEqual(values(await carryAll(3)), ['none', 's1 second', 'none']);
  });

  it('ends a message at its own deadline while the others wait on', async () => {
    await carry('m');
    let release: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      together = (_request, _body, response) => {
        response.writeHead(200, { 'content-type': envelopeType });
        response.write('');
        release = () => response.end(answerOf(0, 'late') + answerOf(1, 'in time'));
        resolve();
      };
    });
    const deadline = new EventEmitter();
    const [short, long] = [carry('a', deadline), carry('b')];
    await asked;
    deadline.emit('abort');
    await assert.rejects(short);
    release();
    assert.equal(await long, 's1 in time');
  });

  it('gives the request up when nobody waits for it any more', async () => {
    await carry('m');
    const gone = new Promise<void>((resolve) => {
      together = (request) => request.socket.once('close', () => resolve());
    });
    const deadline = new EventEmitter();
    const waiting = [carry('a', deadline), carry('b', deadline)];
    while (paths.at(-1) !== '/in/messages') {
      await new Promise((resolve) => setImmediate(resolve));
    }
    deadline.emit('abort');
    await Promise.all(waiting.map((one) => assert.rejects(one)));
    await gone;
  });

  for (const status of [400, 401, 404, 405, 413, 415, 501]) {
    it(`sends one by one what a receiver refuses together with ${status}`, async () => {
      await carry('m');
      together = (_request, _body, response) => response.writeHead(status).end('{}');
      assert.deepEqual(
        values(await carryAll(2)),
        [0, 1].map((at) => `alone /in/authorizations m${at}`),
      );
    });
  }

  it('takes any other answer for no answer', async () => {
    await carry('m');
    for (const status of [200, 204, 302, 500, 503]) {
      together = (_request, _body, response) => response.writeHead(status).end('');
      assert.deepEqual(values(await carryAll(2)), ['none', 'none'], String(status));
    }
  });

  it('tells a message that was not sent from one that may have arrived', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const to = { participantId: 'bank-north', url: nobody };
    const message = { ...to, target: '/x', body: '', signature: 'x', signal: new EventEmitter() };
    await assert.rejects(carrier.carry(message), { code: 'ECONNREFUSED' });
    await carry('m');
    together = (_request, _body, response) => {
      server.close();
      response.writeHead(404, { connection: 'close' }).end(() => server.closeAllConnections());
    };
    for (const result of await carryAll(2)) {
      // The envelope was received, so a connection that cannot be made now does not mean "not sent".
      assert.equal(result.status, 'rejected');
      assert.equal(result.status === 'rejected' ? result.reason.code : 'answered', undefined);
    }
  });
});
