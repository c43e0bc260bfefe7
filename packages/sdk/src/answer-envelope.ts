import type { ServerResponse } from 'node:http';
import { encodeEnvelopeLine, envelopeType, parseEnvelope } from '@barlink/protocol';

/** A message as it came, not verified yet. */
export interface ReceivedMessage {
  readonly method: string;
  readonly target: string;
  readonly payload: Uint8Array;
  readonly signature: string | undefined;
}

/** An answer ready to go. */
export interface SignedAnswer {
  readonly status: number;
  readonly body: string;
  /** Absent when there was nothing to bind it to. */
  readonly signature?: string;
}

/**
 * Answers the messages of one request, each when it is ready, so that none waits for a slow one; what is
 * ready at the same time leaves together (spec/messages.md 6).
 *
 * @throws {ProtocolError} `ENVELOPE_MALFORMED`; nothing was read or sent then
 */
export async function answerEnvelope(
  envelope: Uint8Array,
  response: ServerResponse,
  answer: (message: ReceivedMessage) => Promise<SignedAnswer>,
): Promise<void> {
  const requests = parseEnvelope(envelope);
  let open = requests.length;
  let ready = '';
  const leave = () => {
    if (ready === '' || response.destroyed) {
      return;
    }
    const lines = ready;
    ready = '';
    if (!response.headersSent) {
      const length = open === 0 ? { 'content-length': Buffer.byteLength(lines) } : {};
      response.writeHead(200, { 'content-type': envelopeType, ...length });
    }
    if (open === 0) {
      response.end(lines);
    } else {
      response.write(lines);
    }
  };
  await Promise.all(
    requests.map(async ({ target, signature, body }, at) => {
      const said = await answer({ method: 'POST', target, signature, payload: Buffer.from(body) });
      open -= 1;
      if (ready === '') {
        setImmediate(leave);
      }
      ready += encodeEnvelopeLine({ at, ...said });
    }),
  );
}
