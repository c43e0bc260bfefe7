import { decodeBase64url } from './base64url.ts';
import type { CryptoProvider } from './crypto-provider.ts';
import { decodeAnswer } from './message-header.ts';
import { SigningError } from './signing-error.ts';

interface KeptBytes {
  /** Participant who signed. */
  readonly sender: string;
  /** Participant it was signed for. */
  readonly receiver: string;
  /** ISO 8601, by the switch's clock. */
  readonly receivedAt: string;
  /** The header `Barlink-Signature` as it came. */
  readonly signature: string;
  /** The body's bytes in base64url. */
  readonly body: string;
}

/** A request as it was received. */
export interface KeptRequest extends KeptBytes {
  readonly kind: 'request';
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
}

/** An answer as it was received. */
export interface KeptAnswerBytes extends KeptBytes {
  readonly kind: 'answer';
  readonly status: number;
  /** `jti` of the request it answers. */
  readonly requestId: string;
}

/** A message that was received and is not shown to whoever asked for the bundle. */
export interface WithheldMessage {
  readonly kind: 'withheld';
  readonly sender: string;
  readonly receiver: string;
  readonly receivedAt: string;
}

/** One message of a bundle. */
export type EvidenceMessage = KeptRequest | KeptAnswerBytes | WithheldMessage;

/** Signed messages about one thing, and what is needed to verify them without a network. */
export interface EvidenceBundle {
  readonly type: 'barlink-evidence';
  readonly version: 1;
  /** What the messages are about: the id of a payment, a token, a code or a participant. */
  readonly subject: string;
  readonly messages: readonly EvidenceMessage[];
  /** The switch's word on which messages it received when, and whose keys made them: a compact JWS. */
  readonly statement: string;
  /** The switch's public keys, to be compared with those one trusts. */
  readonly switchKeys: readonly object[];
}

/**
 * The id of the request that an answer says it answers, and the status it says it had; nothing is verified.
 */
export function readAnswerClaims(signature: string): { readonly requestId: string; readonly status: number } {
  const { rqi, sta } = decodeAnswer(signature).header;
  return { requestId: rqi, status: sta };
}

/** What a statement names a message by: SHA-256 over all of it, in base64url. */
export function digestMessage(message: EvidenceMessage, provider: CryptoProvider): string {
  const { kind, sender, receiver, receivedAt } = message;
  const common = [kind, sender, receiver, receivedAt];
  const parts =
    kind === 'withheld' ? common : [...common, ...boundParts(message), message.signature, message.body];
  return provider.encodeBase64url(provider.sha256(new TextEncoder().encode(JSON.stringify(parts))));
}

function boundParts(message: KeptRequest | KeptAnswerBytes): readonly string[] {
  return message.kind === 'request'
    ? [message.method, message.target]
    : [String(message.status), message.requestId];
}

/**
 * Reads a bundle's form.
 *
 * @throws {SigningError} `EVIDENCE_MALFORMED`
 */
export function parseBundle(value: unknown): EvidenceBundle {
  const bundle = (value ?? {}) as Partial<Record<keyof EvidenceBundle, unknown>>;
  const hasForm =
    bundle.type === 'barlink-evidence' &&
    bundle.version === 1 &&
    typeof bundle.subject === 'string' &&
    typeof bundle.statement === 'string' &&
    Array.isArray(bundle.switchKeys) &&
    Array.isArray(bundle.messages);
  if (!hasForm) {
    throw malformedEvidence('The document is no evidence bundle of version 1.');
  }
  for (const [at, message] of (bundle.messages as unknown[]).entries()) {
    if (!isMessage(message)) {
      throw malformedEvidence('A message does not have its form.', `/messages/${at}`);
    }
  }
  return value as EvidenceBundle;
}

/** A bundle whose form is wrong. */
export function malformedEvidence(message: string, path?: string): SigningError {
  return new SigningError('EVIDENCE_MALFORMED', message, path === undefined ? {} : { path });
}

function isMessage(value: unknown): value is EvidenceMessage {
  const message = (value ?? {}) as Readonly<Record<string, unknown>>;
  const names = memberNames[String(message.kind)];
  if (names === undefined || Object.keys(message).length !== names.length) {
    return false;
  }
  const isRight = names.every((name) =>
    name === 'status' ? Number.isSafeInteger(message[name]) : typeof message[name] === 'string',
  );
  const isDated = !Number.isNaN(Date.parse(String(message.receivedAt)));
  return isRight && isDated && (names.length === 4 || decodeBase64url(String(message.body)) !== undefined);
}

const commonNames = ['kind', 'sender', 'receiver', 'receivedAt'];
const memberNames: Readonly<Record<string, readonly string[]>> = {
  withheld: commonNames,
  request: [...commonNames, 'signature', 'body', 'method', 'target'],
  answer: [...commonNames, 'signature', 'body', 'status', 'requestId'],
};
