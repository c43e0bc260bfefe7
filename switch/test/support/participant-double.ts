import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseJson } from '@barlink/protocol';
import { generateSigningKey, type SigningKey, signAnswer, verifyDetached } from '@barlink/signing';
import { switchKeyFor } from './check-answer.ts';
import { createSender, type Sender } from './sender.ts';
import type { TestSwitch } from './start-switch.ts';

/** What a participant's receiver got, verified. */
export interface ReceivedMessage {
  readonly path: string;
  readonly body: ReturnType<typeof JSON.parse>;
  readonly signature: string;
}

/** What it answers; `undefined` keeps it silent, `'drop'` breaks the connection. */
export type Reply =
  | {
      readonly status?: number;
      readonly body: unknown;
      readonly delayMs?: number;
      /** Signs in place of the participant's own key. */
      readonly key?: SigningKey;
      /** What is sent in place of what was signed. */
      readonly sentBody?: unknown;
    }
  | 'drop'
  | undefined;

/** A remote participant: a real HTTP receiver that signs, and a sender. What it decides is the test's. */
export interface ParticipantDouble extends Omit<Sender, 'key'> {
  readonly number: string;
  readonly codeKey: SigningKey;
  readonly received: ReceivedMessage[];
  /** Decides the answer to a message. */
  reply: (message: ReceivedMessage) => Reply | Promise<Reply>;
  /** Signs what it sends and answers; a test may give it another. */
  key: SigningKey;
  /** Waits until a message that passes has been received. */
  waitFor(passes: (message: ReceivedMessage) => boolean, what?: string): Promise<ReceivedMessage>;
  /** Its receiver listens no more, until `comeUp` makes it listen at the same place. */
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
  close(): Promise<void>;
}

/** An issuer that approves everything; acquirers and wallets acknowledge. */
export function agreeable({ path, body }: ReceivedMessage): Reply {
  if (path === '/events') {
    const accepted = body.events.map((event: { eventId: string }) => event.eventId);
    return { body: { accepted } };
  }
  if (path === '/token-approvals') {
    return { body: { outcome: 'approved' } };
  }
  if (path === '/reversals') {
    return { body: { paymentId: body.paymentId, outcome: 'reversed' } };
  }
  if (path.endsWith('/inquiry')) {
    return { body: { paymentId: path.split('/')[2], outcome: 'not_found' } };
  }
  return { body: { paymentId: body.paymentId, outcome: 'approved', issuerReference: 'R1' } };
}

/** Who joins a network. */
interface Registration {
  readonly id: string;
  readonly number: string;
  readonly roles: readonly string[];
  readonly caps?: readonly { readonly currency: string; readonly minor: string }[];
  readonly now?: () => Date;
  /** Its receiver's side of TLS; `fetch` has to carry what it sends then. */
  readonly tls?: ServerOptions;
  readonly fetch?: typeof globalThis.fetch;
}

/** Registers a participant at the switch and starts its receiver. */
export async function joinNetwork(network: TestSwitch, options: Registration): Promise<ParticipantDouble> {
  const key = await generateSigningKey('ES256');
  const codeKey = await generateSigningKey('ES256');
  const received: ReceivedMessage[] = [];
  const waiting = new Set<() => void>();
  const { now = () => new Date() } = options;
  const double: Pick<ParticipantDouble, 'reply' | 'key'> = { reply: agreeable, key };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const bytes = await readAll(request);
    const path = request.url ?? '';
    const verified = await verifyDetached(bytes, String(request.headers['barlink-signature']), {
      keyFor: switchKeyFor(network.url, options.fetch),
      audience: options.id,
      method: 'POST',
      target: path,
      now: now(),
    });
    const signature = String(request.headers['barlink-signature']);
    const message = { path, body: parseJson(bytes), signature };
    received.push(message);
    for (const wake of waiting) {
      wake();
    }
    const reply = await double.reply(message);
    if (reply === 'drop') {
      request.socket.destroy();
      return;
    }
    if (reply === undefined) {
      return;
    }
    await sendReply(response, reply, { key: double.key, id: options.id, requestId: verified.jti, now });
  };
  const server = options.tls ? createSecureServer(options.tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await register(network, options, { port, key, codeKey });
  return Object.assign(
    double,
    createSender({
      id: options.id,
      key: () => double.key,
      url: network.url,
      now,
      ...(options.fetch && { fetch: options.fetch }),
    }),
    {
      number: options.number,
      codeKey,
      received,
      waitFor: (passes: (message: ReceivedMessage) => boolean, what = 'message') =>
        new Promise<ReceivedMessage>((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error(`${options.id} got no such ${what} in 15 s`)),
            15_000,
          );
          const look = () => {
            const found = received.find(passes);
            if (found !== undefined) {
              clearTimeout(timer);
              waiting.delete(look);
              resolve(found);
            }
          };
          waiting.add(look);
          look();
        }),
      goDown: stop,
      async comeUp() {
        server.listen(port, '127.0.0.1');
        await once(server, 'listening');
      },
      close: stop,
    },
  );
}

async function register(
  network: TestSwitch,
  { id, number, roles, tls, caps = [{ currency: 'CNY', minor: '100000000' }] }: Registration,
  made: { readonly port: number; readonly key: SigningKey; readonly codeKey: SigningKey },
): Promise<void> {
  const { status, text } = await network.operator.send('POST', '/admin/v1/participants', {
    participantId: id,
    name: id,
    number,
    roles,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${made.port}`,
    keys: [
      { jwk: made.key.publicJwk, use: 'messages' },
      { jwk: made.codeKey.publicJwk, use: 'codes' },
    ],
    netDebitCaps: caps,
  });
  if (status !== 201) {
    throw new Error(`registration of ${id}: ${text}`);
  }
}

async function sendReply(
  response: ServerResponse,
  reply: Exclude<Reply, 'drop' | undefined>,
  as: {
    readonly key: SigningKey;
    readonly id: string;
    readonly requestId: string;
    readonly now: () => Date;
  },
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, reply.delayMs ?? 0));
  const { status = 200, body, sentBody = body, key = as.key } = reply;
  const binding = { issuer: as.id, audience: 'barlink-switch', requestId: as.requestId, status };
  const issuedAt = as.now();
  const signature = await signAnswer(Buffer.from(JSON.stringify(body)), { key, issuedAt, ...binding });
  response.writeHead(status, { 'content-type': 'application/json', 'barlink-signature': signature });
  response.end(Buffer.from(JSON.stringify(sentBody)));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
