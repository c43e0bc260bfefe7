import { EventEmitter } from 'node:events';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  countTogether,
  createAnswerReader,
  encodeEnvelopeLine,
  envelopeBytesMax,
  envelopeHeader,
  envelopePath,
  envelopeType,
  isEnvelopeRefused,
  readMessagesAtOnce,
} from '@barlink/protocol';
import { Pool } from 'undici';

/** A signed message on its way to a participant. */
export interface CarriedMessage {
  readonly participantId: string;
  /** Where the participant answers, as registered. */
  readonly url: string;
  /** Path and query as signed. */
  readonly target: string;
  readonly body: string;
  readonly signature: string;
  /** Says `abort` when its time is over. */
  readonly signal: EventEmitter;
}

/** What came back for it; nothing of it is verified. */
export interface CarriedAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  readonly signature: string;
}

/** What the switch shows participants, and whom it takes for one; PEM. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly crl?: string | undefined;
}

/**
 * Whether a certificate (DER) that a receiver shows is one that counts of this participant; what is wrong
 * with it if not.
 */
export type ReceiverCheck = (participantId: string, der: Uint8Array) => Error | undefined;

/** Carries messages over kept connections; several at once in one request where a receiver takes that. */
export interface Carrier {
  /** Rejects when there was no answer. */
  carry(message: CarriedMessage): Promise<CarriedAnswer>;
  /** Makes new connections with this; those that are there end when they are idle. */
  renewTls(tls: ClientTls): void;
  close(): Promise<void>;
}

/** Largest answer to one message. */
const answerBytesMax = 65_536;

interface Waiting {
  readonly message: CarriedMessage;
  readonly resolve: (answer: CarriedAnswer) => void;
  readonly reject: (cause: unknown) => void;
}

/** The way to one receiver. */
interface Lane {
  readonly receiver: Receiver;
  pool: Pool;
  readonly basePath: string;
  /** Messages it takes in one request, as it last said. */
  atOnceMax: number;
  waiting: Waiting[];
}

/** Who answers where. */
interface Receiver {
  readonly participantId: string;
  readonly origin: string;
}

/** A carrier with a pool of connections per receiver. */
export function createCarrier(options: {
  readonly connectionsPerParticipant: number;
  /** For participants whose url is https. */
  readonly tls?: ClientTls | undefined;
  /** Without it a certificate of a trusted authority for the host is enough. */
  readonly checkReceiver?: ReceiverCheck | undefined;
}): Carrier {
  const { connectionsPerParticipant: connections, checkReceiver } = options;
  let { tls } = options;
  const lanes = new Map<string, Lane>();

  // A connection was made to one participant: another one at the same place has connections of its own.
  function laneTo({ participantId, url }: CarriedMessage): Lane {
    const name = `${participantId} ${url}`;
    const known = lanes.get(name);
    if (known !== undefined) {
      return known;
    }
    const { origin, pathname } = new URL(url);
    const receiver = { participantId, origin };
    const pool = openPool(receiver, { connections, tls, checkReceiver });
    const basePath = pathname === '/' ? '' : pathname;
    const lane: Lane = { receiver, pool, basePath, atOnceMax: 1, waiting: [] };
    lanes.set(name, lane);
    return lane;
  }

  return {
    carry(message) {
      const lane = laneTo(message);
      if (lane.atOnceMax < 2) {
        return carryAlone(lane, message);
      }
      return new Promise((resolve, reject) => {
        lane.waiting.push({ message, resolve, reject });
        if (lane.waiting.length === 1) {
          // What is sent in the same turn of the event loop travels along.
          setImmediate(() => leave(lane));
        }
      });
    },
    renewTls(next) {
      tls = next;
      for (const lane of lanes.values()) {
        const before = lane.pool;
        lane.pool = openPool(lane.receiver, { connections, tls, checkReceiver });
        // Ends when what is under way has been answered.
        void before.close();
      }
    },
    async close() {
      await Promise.all([...lanes.values()].map(({ pool }) => pool.destroy()));
    },
  };
}

const connectWithinMs = 3000;

/**
 * TLS 1.3 both ways (spec/certificates.md 5.1): the certificate must be for the host of the url, and one of
 * the participant's own. Sessions are not resumed, because the check is left out when they are.
 */
function openPool(
  { participantId, origin }: Receiver,
  options: {
    readonly connections: number;
    readonly tls: ClientTls | undefined;
    readonly checkReceiver: ReceiverCheck | undefined;
  },
): Pool {
  const { connections, tls, checkReceiver } = options;
  const timeouts = { keepAliveTimeout: 30_000, connectTimeout: connectWithinMs };
  const usual = { connections, pipelining: 1, maxResponseSize: envelopeBytesMax, ...timeouts };
  if (tls === undefined) {
    return new Pool(origin, usual);
  }
  const { cert, key, ca, crl } = tls;
  const secure = { cert, key, ca, ...(crl === undefined ? {} : { crl }), minVersion: 'TLSv1.3' as const };
  const check = (host: string, certificate: PeerCertificate) =>
    checkServerIdentity(host, certificate) ?? checkReceiver?.(participantId, certificate.raw);
  const made = { timeout: connectWithinMs, maxCachedSessions: 0, checkServerIdentity: check };
  return new Pool(origin, { ...usual, connect: { ...secure, ...made } });
}

function leave(lane: Lane): void {
  const { waiting } = lane;
  lane.waiting = [];
  while (waiting.length > 0) {
    const lengths = waiting.slice(0, lane.atOnceMax).map(({ message }) => message.body.length);
    const batch = waiting.splice(0, countTogether(lengths));
    const [first] = batch;
    if (first !== undefined && batch.length === 1) {
      carryAlone(lane, first.message).then(first.resolve, first.reject);
    } else {
      void carryTogether(lane, batch);
    }
  }
}

/** Once more, one by one. The receiver was reached, so no failure may be taken for "not sent" any more. */
function carryEachAlone(lane: Lane, batch: readonly Waiting[]): void {
  for (const { message, resolve, reject } of batch) {
    carryAlone(lane, message).then(resolve, (cause: unknown) =>
      reject(new Error('no answer after a refused envelope', { cause })),
    );
  }
}

async function carryAlone(lane: Lane, message: CarriedMessage): Promise<CarriedAnswer> {
  const { target, body, signature, signal } = message;
  const response = await lane.pool.request({
    method: 'POST',
    path: target,
    headers: { 'content-type': 'application/json', 'barlink-signature': signature },
    body,
    signal,
  });
  const { statusCode: status, headers } = response;
  const bytes = Buffer.from(await response.body.arrayBuffer());
  if (bytes.length > answerBytesMax) {
    throw new Error('the answer is too large');
  }
  lane.atOnceMax = readMessagesAtOnce(headers[envelopeHeader]);
  const answered = headers['barlink-signature'];
  return { status, bytes, signature: typeof answered === 'string' ? answered : '' };
}

/**
 * One request for all; each answer counts when it is there, and a message without one has no answer. A
 * receiver that refuses the envelope has read none of its messages, so each goes alone.
 */
async function carryTogether(lane: Lane, batch: readonly Waiting[]): Promise<void> {
  const open = new Map(batch.map((waiting, at) => [at, waiting]));
  const all = new EventEmitter();
  for (const [at, { message, reject }] of open) {
    message.signal.once('abort', () => {
      open.delete(at);
      reject(new Error('the time is over'));
      if (open.size === 0) {
        all.emit('abort');
      }
    });
  }
  try {
    const response = await lane.pool.request({
      method: 'POST',
      path: `${lane.basePath}${envelopePath}`,
      headers: { 'content-type': envelopeType },
      body: batch
        .map(({ message: { target, signature, body } }) => encodeEnvelopeLine({ target, signature, body }))
        .join(''),
      signal: all,
    });
    if (isEnvelopeRefused(response.statusCode)) {
      lane.atOnceMax = 1;
      await response.body.dump();
      carryEachAlone(lane, [...open.values()]);
      return;
    }
    if (response.statusCode !== 200 || response.headers['content-type'] !== envelopeType) {
      await response.body.dump();
      throw new Error(`the receiver answered an envelope with ${response.statusCode}`);
    }
    await readAnswers(response.body, open);
    throw new Error('the receiver left messages unanswered');
  } catch (cause) {
    for (const { reject } of open.values()) {
      reject(cause);
    }
  }
}

/** Ends early when nothing is open any more. */
async function readAnswers(body: AsyncIterable<Uint8Array>, open: Map<number, Waiting>): Promise<void> {
  const reader = createAnswerReader(({ at, status, signature = '', body: text }) => {
    const bytes = Buffer.from(text);
    const waiting = open.get(at);
    open.delete(at);
    if (bytes.length > answerBytesMax) {
      waiting?.reject(new Error('the answer is too large'));
    } else {
      waiting?.resolve({ status, bytes, signature });
    }
  });
  for await (const piece of body) {
    reader.push(piece);
  }
  reader.end();
}
