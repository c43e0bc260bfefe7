import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '@barlink/protocol';
import {
  generateSigningKey,
  importVerificationKey,
  type SigningKey,
  signAnswer,
  verifyDetached,
} from '@barlink/signing';
import { createSender, type Sender } from './sender.ts';
import type { TestSwitch } from './start-switch.ts';

/** What a participant's receiver got, verified. */
export interface ReceivedMessage {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read messages of every shape
  readonly body: any;
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
export interface ParticipantDouble extends Sender {
  readonly number: string;
  readonly codeKey: SigningKey;
  readonly received: ReceivedMessage[];
  /** Decides the answer to a message. */
  reply: (message: ReceivedMessage) => Reply | Promise<Reply>;
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

/** Registers a participant at the switch and starts its receiver. */
export async function joinNetwork(
  network: TestSwitch,
  options: {
    readonly id: string;
    readonly number: string;
    readonly roles: readonly string[];
    readonly caps?: readonly { readonly currency: string; readonly minor: string }[];
  },
): Promise<ParticipantDouble> {
  const key = await generateSigningKey('ES256');
  const codeKey = await generateSigningKey('ES256');
  const received: ReceivedMessage[] = [];
  const waiting = new Set<() => void>();
  const { keys } = (await (await fetch(`${network.url}/v1/keys`)).json()) as { keys: object[] };
  const switchKey = await importVerificationKey(keys[0]);
  const double: Pick<ParticipantDouble, 'reply'> = { reply: agreeable };
  const server = createServer(async (request, response) => {
    const bytes = await readAll(request);
    const path = request.url ?? '';
    const verified = await verifyDetached(bytes, String(request.headers['barlink-signature']), {
      keyFor: () => switchKey,
      audience: options.id,
      method: 'POST',
      target: path,
      now: new Date(),
    });
    const message = { path, body: parseJson(bytes) };
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
    await new Promise((resolve) => setTimeout(resolve, reply.delayMs ?? 0));
    const answer = Buffer.from(JSON.stringify(reply.body));
    const sent = Buffer.from(JSON.stringify(reply.sentBody ?? reply.body));
    const status = reply.status ?? 200;
    const signature = await signAnswer(answer, {
      key: reply.key ?? key,
      issuer: options.id,
      audience: 'barlink-switch',
      requestId: verified.jti,
      status,
    });
    response.writeHead(status, { 'content-type': 'application/json', 'barlink-signature': signature });
    response.end(sent);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const answer = await network.operator.send('POST', '/admin/v1/participants', {
    participantId: options.id,
    name: options.id,
    number: options.number,
    roles: options.roles,
    url: `http://127.0.0.1:${port}`,
    keys: [
      { jwk: key.publicJwk, use: 'messages' },
      { jwk: codeKey.publicJwk, use: 'codes' },
    ],
    netDebitCaps: options.caps ?? [{ currency: 'CNY', minor: '100000000' }],
  });
  if (answer.status !== 201) {
    throw new Error(`registration of ${options.id}: ${answer.text}`);
  }
  return Object.assign(double, createSender({ id: options.id, key, url: network.url }), {
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
  });
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
