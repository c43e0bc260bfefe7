import {
  countTogether,
  createAnswerReader,
  encodeEnvelopeLine,
  envelopeHeader,
  envelopePath,
  envelopeType,
  isEnvelopeRefused,
  readMessagesAtOnce,
} from '@barlink/protocol';
import type { Pool } from 'undici';
import type { TransportAnswer, TransportRequest } from './transport.ts';

/** The way to one switch: messages alone, or several in one request where the switch takes that. */
export interface SwitchLane {
  send(request: TransportRequest): Promise<TransportAnswer>;
}

const path = `/v1${envelopePath}`;

interface Waiting {
  readonly request: TransportRequest;
  readonly line: string;
  readonly resolve: (answer: TransportAnswer) => void;
  readonly reject: (cause: unknown) => void;
}

/** What goes out over the pool of this moment (spec/messages.md 6). */
export function createSwitchLane(poolNow: () => Pool): SwitchLane {
  /** Messages the switch takes in one request, as it last said. */
  let atOnceMax = 1;
  let waiting: Waiting[] = [];

  async function sendAlone(request: TransportRequest): Promise<TransportAnswer> {
    const { method, path: target, headers, body, signal } = request;
    const answer = await poolNow().request({ method, path: target, headers, signal, body: body ?? null });
    const bytes = new Uint8Array(await answer.body.arrayBuffer());
    atOnceMax = readMessagesAtOnce(answer.headers[envelopeHeader]);
    const signature = answer.headers['barlink-signature'];
    return {
      status: answer.statusCode,
      signature: typeof signature === 'string' ? signature : undefined,
      body: bytes,
    };
  }

  function leave(): void {
    const leaving = waiting;
    waiting = [];
    while (leaving.length > 0) {
      const lengths = leaving.slice(0, atOnceMax).map(({ request }) => request.body?.length ?? 0);
      const batch = leaving.splice(0, countTogether(lengths));
      if (batch.length > 1) {
        void sendTogether(batch);
      } else {
        sendEachAlone(batch);
      }
    }
  }

  function sendEachAlone(batch: Iterable<Waiting>): void {
    for (const { request, resolve, reject } of batch) {
      sendAlone(request).then(resolve, reject);
    }
  }

  async function sendTogether(batch: readonly Waiting[]): Promise<void> {
    const open = new Map(batch.map((waiting, at) => [at, waiting]));
    const watch = watchTime(open);
    try {
      const answer = await poolNow().request({
        method: 'POST',
        path,
        headers: { 'content-type': envelopeType },
        body: batch.map(({ line }) => line).join(''),
        signal: watch.signal,
      });
      const { statusCode: status } = answer;
      if (isEnvelopeRefused(status)) {
        atOnceMax = 1;
        await answer.body.dump();
        sendEachAlone(open.values());
        open.clear();
      } else if (status !== 200 || answer.headers['content-type'] !== envelopeType) {
        atOnceMax = 1;
        const body = new Uint8Array(await answer.body.arrayBuffer());
        settleAll(open, ({ resolve }) => resolve({ status, signature: undefined, body }));
      } else {
        await readAnswers(answer.body, open);
        settleAll(open, ({ reject }) => reject(new Error('the switch left messages unanswered')));
      }
    } catch (cause) {
      if (open.size > 0) {
        // What broke this one may break the next; the next answer to a message alone says so if not.
        atOnceMax = 1;
      }
      settleAll(open, ({ reject }) => reject(cause));
    } finally {
      watch.end();
    }
  }

  return {
    send(request) {
      const line = atOnceMax < 2 ? undefined : toLine(request);
      if (line === undefined) {
        return sendAlone(request);
      }
      return new Promise((resolve, reject) => {
        waiting.push({ request, line, resolve, reject });
        if (waiting.length === 1) {
          // What is sent in the same turn of the event loop travels along.
          setImmediate(leave);
        }
      });
    },
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Its line in an envelope; `undefined` for what cannot travel in one. */
function toLine({ method, path: target, headers, body }: TransportRequest): string | undefined {
  const signature = headers['barlink-signature'];
  if (method !== 'POST' || body === undefined || signature === undefined) {
    return undefined;
  }
  try {
    return encodeEnvelopeLine({ target, signature, body: decoder.decode(body) });
  } catch {
    return undefined;
  }
}

function settleAll(open: Map<number, Waiting>, settle: (waiting: Waiting) => void): void {
  for (const waiting of open.values()) {
    settle(waiting);
  }
  open.clear();
}

/** Gives up each message when its time is over, and the request when nobody waits for it any more. */
function watchTime(open: Map<number, Waiting>) {
  const all = new AbortController();
  const ends = [...open].map(([at, { request, reject }]) => {
    const giveUp = () => {
      open.delete(at);
      reject(request.signal.reason);
      if (open.size === 0) {
        all.abort();
      }
    };
    if (request.signal.aborted) {
      giveUp();
    }
    request.signal.addEventListener('abort', giveUp, { once: true });
    return () => request.signal.removeEventListener('abort', giveUp);
  });
  return {
    signal: all.signal,
    end() {
      for (const end of ends) {
        end();
      }
    },
  };
}

/** Each answer counts when it is there. */
async function readAnswers(body: AsyncIterable<Uint8Array>, open: Map<number, Waiting>): Promise<void> {
  const reader = createAnswerReader(({ at, status, signature, body: text }) => {
    const waiting = open.get(at);
    open.delete(at);
    waiting?.resolve({ status, signature, body: Buffer.from(text) });
  });
  for await (const piece of body) {
    reader.push(piece);
  }
  reader.end();
}
