import { ProtocolError } from './protocol-error.ts';

/** The code the readers of envelopes throw. */
export type EnvelopeErrorCode = 'ENVELOPE_MALFORMED';

/** Most messages one HTTP request carries (spec/messages.md 6). */
export const envelopeMessagesMax = 64;
/** Largest envelope, in bytes. */
export const envelopeBytesMax = 1024 * 1024;
/** Content type of envelopes and of their answers: a JSON object a line. */
export const envelopeType = 'application/x-ndjson';
/** Header in which a receiver says how many messages it takes at once. */
export const envelopeHeader = 'barlink-messages-at-once';
/** Path of envelopes, below a participant's url. */
export const envelopePath = '/messages';

/** Units of bodies that go into one envelope; escaped and with their signatures they stay below its limit. */
const bodiesTogetherMax = envelopeBytesMax / 4;

/** A signed request inside an envelope; its method is POST. */
export interface EnvelopedRequest {
  /** Path and query as signed. */
  readonly target: string;
  /** The value of `Barlink-Signature`. */
  readonly signature: string;
  readonly body: string;
}

/** The answer to one of them. */
export interface EnvelopedAnswer {
  /** Place of the request in its envelope, from 0. */
  readonly at: number;
  readonly status: number;
  /** Absent when the request did not verify: then there is nothing to bind one to. */
  readonly signature?: string;
  readonly body: string;
}

/** One line of an envelope. */
export function encodeEnvelopeLine(line: EnvelopedRequest | EnvelopedAnswer): string {
  return `${JSON.stringify(line)}\n`;
}

/**
 * How many messages a receiver takes in one request, from {@link envelopeHeader} of its answer; 1 without it.
 */
export function readMessagesAtOnce(header: string | readonly string[] | undefined): number {
  const said = Number(header ?? 1);
  return said >= 2 ? Math.min(said, envelopeMessagesMax) : 1;
}

/** How many of the messages that wait fit into one envelope, by the lengths of their bodies; at least one. */
export function countTogether(bodyLengths: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const length of bodyLengths) {
    sum += length;
    if (count > 0 && sum > bodiesTogetherMax) {
      break;
    }
    count += 1;
  }
  return count;
}

/** Whether a receiver, or something before it, does not take the envelope: no message of it was read. */
export function isEnvelopeRefused(status: number): boolean {
  return (status >= 400 && status < 500) || status === 501;
}

/** A whole envelope -> its requests. @throws {ProtocolError} `ENVELOPE_MALFORMED` */
export function parseEnvelope(bytes: Uint8Array): readonly EnvelopedRequest[] {
  const requests: EnvelopedRequest[] = [];
  const reader = createEnvelopeReader((line) => requests.push(toRequest(line)));
  reader.push(bytes);
  reader.end();
  if (requests.length === 0 || requests.length > envelopeMessagesMax) {
    throw malformed(`An envelope holds 1 to ${envelopeMessagesMax} messages.`);
  }
  return requests;
}

/** Reads answers while they arrive. @throws {ProtocolError} `ENVELOPE_MALFORMED` */
export function createAnswerReader(onAnswer: (answer: EnvelopedAnswer) => void): EnvelopeReader {
  return createEnvelopeReader((line) => onAnswer(toAnswer(line)));
}

/** Takes the bytes of an envelope in any pieces. */
export interface EnvelopeReader {
  push(bytes: Uint8Array): void;
  /** A last line without its end was cut off. */
  end(): void;
}

function createEnvelopeReader(onLine: (line: unknown) => void): EnvelopeReader {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw malformed('The envelope is not UTF-8.', cause);
    }
  };
  let rest = '';
  let read = 0;
  return {
    push(bytes) {
      read += bytes.length;
      if (read > envelopeBytesMax) {
        throw malformed(`An envelope has at most ${envelopeBytesMax} bytes.`);
      }
      const lines = (rest + decode(bytes)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLine(parseLine(line));
      }
    },
    end() {
      if (rest !== '') {
        throw malformed('The last line is cut off.');
      }
    },
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw malformed('A line is not JSON.', cause);
  }
}

type Line = Readonly<Record<string, unknown>> | null;

function toRequest(line: unknown): EnvelopedRequest {
  const { target, signature, body } = (line as Line) ?? {};
  if (typeof target !== 'string' || typeof signature !== 'string' || typeof body !== 'string') {
    throw malformed('A line is not a request.');
  }
  return { target, signature, body };
}

function toAnswer(line: unknown): EnvelopedAnswer {
  const { at, status, signature, body } = (line as Line) ?? {};
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(status) || typeof body !== 'string') {
    throw malformed('A line is not an answer.');
  }
  return {
    at: at as number,
    status: status as number,
    body,
    ...(typeof signature === 'string' ? { signature } : {}),
  };
}

function malformed(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('ENVELOPE_MALFORMED', message, { cause });
}
