import { ProtocolError, parseJson } from '@barlink/protocol';
import { decodeBase64url } from './base64url.ts';
import { type KeyFor, type VerifiedMessage, verifyAnswer, verifyDetached } from './detached.ts';
import {
  digestMessage,
  type EvidenceBundle,
  type EvidenceMessage,
  malformedEvidence,
  parseBundle,
} from './evidence-bundle.ts';
import { type PublishedJwk, readValidity, unixSeconds } from './jwks.ts';
import {
  createKeyFactory,
  isKeyValid,
  type KeyValidity,
  type SigningKey,
  type VerificationKey,
} from './keys.ts';
import { SigningError } from './signing-error.ts';
import { decodeTyped, isSignedBy, signTyped, type TypedJws } from './typed-jws.ts';

/** A participant's key as the switch knew it. */
export interface StatedKey extends KeyValidity {
  readonly participantId: string;
  readonly publicJwk: object;
}

/** What the switch puts its name to. */
export interface CreateEvidenceOptions {
  /** The switch's key. */
  readonly key: SigningKey;
  /** The switch's participant id. */
  readonly issuer: string;
  readonly issuedAt: Date;
  readonly subject: string;
  /** In the order they were received. */
  readonly messages: readonly EvidenceMessage[];
  /** `false` when there are more messages than one bundle takes. */
  readonly isComplete: boolean;
  /** The keys the messages were made with. */
  readonly keys: readonly StatedKey[];
  /** The switch's published keys. */
  readonly switchKeys: readonly object[];
}

/** What the verifier knows beforehand. */
export interface VerifyEvidenceOptions {
  /** The switch's keys, as far as the verifier trusts them. */
  readonly keyFor: KeyFor;
  readonly now: Date;
}

/** One message of a bundle, found true, or withheld from whoever asked for the bundle. */
export type EvidenceFinding =
  | { readonly kind: 'withheld'; readonly sender: string; readonly receivedAt: Date }
  | (Pick<VerifiedMessage, 'kid' | 'jti' | 'issuedAt' | 'idempotencyKey'> & {
      readonly kind: 'request' | 'answer';
      readonly sender: string;
      readonly receiver: string;
      /** `POST /v1/payments`, or `200 to <jti of the request>`. */
      readonly about: string;
      readonly receivedAt: Date;
      readonly body: Uint8Array;
    });

/** A bundle that holds. */
export interface VerifiedEvidence {
  readonly subject: string;
  /** The switch that vouches. */
  readonly issuer: string;
  /** The key it vouches with. */
  readonly kid: string;
  readonly statedAt: Date;
  readonly isComplete: boolean;
  readonly messages: readonly EvidenceFinding[];
}

const typ = 'barlink-evidence+jws';
const statementCharactersMax = 1_048_576;

/** Makes a bundle: the messages as they came, and the switch's word on their keys and times. */
export async function createEvidence(options: CreateEvidenceOptions): Promise<EvidenceBundle> {
  const { key, issuer, issuedAt, subject, messages, isComplete, keys, switchKeys } = options;
  const payload: Statement = {
    iss: issuer,
    iat: unixSeconds(issuedAt),
    sub: subject,
    complete: isComplete,
    messages: messages.map((message) => digestMessage(message, key.provider)),
    keys: keys.map(stateKey),
  };
  const statement = await signTyped(typ, payload, key);
  return { type: 'barlink-evidence', version: 1, subject, messages, statement, switchKeys };
}

/**
 * Verifies a bundle without a network: the switch's statement, that it speaks of exactly these messages, and
 * each message as it was verified when it came in.
 *
 * @throws {SigningError} `EVIDENCE_MALFORMED`, `SIGNATURE_KEY_UNKNOWN`, `SIGNATURE_ALGORITHM_NOT_ALLOWED`,
 *   `SIGNATURE_KEY_NOT_VALID`, `SIGNATURE_INVALID` about the statement; `EVIDENCE_MESSAGES_CHANGED`; then
 *   what `verifyDetached` and `verifyAnswer` say of a message, its place in `path`
 */
export async function verifyEvidence(
  value: unknown,
  options: VerifyEvidenceOptions,
): Promise<VerifiedEvidence> {
  const bundle = parseBundle(value);
  const { statement, key } = await verifyStatement(bundle, options);
  const digests = bundle.messages.map((message) => digestMessage(message, key.provider));
  const isSame =
    digests.length === statement.messages.length &&
    digests.every((each, at) => each === statement.messages[at]);
  if (!isSame || statement.sub !== bundle.subject) {
    throw new SigningError('EVIDENCE_MESSAGES_CHANGED', 'The switch vouches for other messages than these.', {
      path: '/messages',
    });
  }
  const keyFor = await importStated(statement, key);
  const messages: EvidenceFinding[] = [];
  for (const [at, message] of bundle.messages.entries()) {
    messages.push(await inPlace(`/messages/${at}`, () => verifyMessage(message, keyFor)));
  }
  const { iss: issuer, iat, complete: isComplete } = statement;
  const statedAt = new Date(iat * 1000);
  return { subject: bundle.subject, issuer, kid: key.kid, statedAt, isComplete, messages };
}

interface Statement {
  readonly iss: string;
  readonly iat: number;
  readonly sub: string;
  readonly complete: boolean;
  readonly messages: readonly string[];
  readonly keys: readonly {
    readonly participant: string;
    readonly jwk: PublishedJwk;
    /** Unix seconds. */
    readonly revoked?: number;
  }[];
}

/** A revocation is rounded up: what came in the second before it was accepted. */
function stateKey({ participantId, publicJwk, notBefore, expiresAt, revokedAt }: StatedKey) {
  return {
    participant: participantId,
    jwk: {
      ...(publicJwk as PublishedJwk),
      ...(notBefore === undefined ? {} : { nbf: unixSeconds(notBefore) }),
      ...(expiresAt === undefined ? {} : { exp: unixSeconds(expiresAt) }),
    },
    ...(revokedAt === undefined ? {} : { revoked: Math.ceil(revokedAt.getTime() / 1000) }),
  };
}

async function verifyStatement(
  bundle: EvidenceBundle,
  { keyFor, now }: VerifyEvidenceOptions,
): Promise<{ readonly statement: Statement; readonly key: VerificationKey }> {
  const document = readDocument(bundle);
  const statement = readStatement(document);
  const key = await keyFor(document.kid, statement.iss);
  if (key === undefined || key.kid !== document.kid) {
    throw new SigningError('SIGNATURE_KEY_UNKNOWN', 'The statement is not signed with a key of the switch.', {
      path: '/statement',
    });
  }
  if (key.algorithm !== document.algorithm) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The key has another algorithm.', {
      path: '/statement',
    });
  }
  if (!isKeyValid(key, { signedAt: statement.iat * 1000, now })) {
    throw new SigningError('SIGNATURE_KEY_NOT_VALID', 'The switch’s key did not count then.', {
      path: '/statement',
    });
  }
  if (!(await isSignedBy(document, key))) {
    throw new SigningError('SIGNATURE_INVALID', 'The signature does not fit the statement.', {
      path: '/statement',
    });
  }
  return { statement, key };
}

function readDocument({ statement }: EvidenceBundle): TypedJws {
  try {
    return decodeTyped(statement, { typ, charactersMax: statementCharactersMax });
  } catch {
    throw malformedEvidence('The statement is no signed document.', '/statement');
  }
}

function readStatement({ payload }: TypedJws): Statement {
  let value: unknown;
  try {
    value = parseJson(payload);
  } catch {
    throw malformedEvidence('The statement is not JSON.', '/statement');
  }
  const { iss, iat, sub, complete, messages, keys } = (value ?? {}) as Partial<Statement>;
  const hasForm =
    typeof iss === 'string' &&
    Number.isSafeInteger(iat) &&
    typeof sub === 'string' &&
    typeof complete === 'boolean' &&
    Array.isArray(messages) &&
    Array.isArray(keys) &&
    keys.every(({ participant, revoked }) => typeof participant === 'string' && isInstant(revoked));
  if (!hasForm) {
    throw malformedEvidence('The statement’s members are not of their form.', '/statement');
  }
  return value as Statement;
}

function isInstant(seconds: unknown): boolean {
  return seconds === undefined || Number.isSafeInteger(seconds);
}

/** The stated keys, each for its participant only. */
async function importStated({ keys }: Statement, { provider }: VerificationKey): Promise<KeyFor> {
  const factory = createKeyFactory(provider);
  const imported = new Map<string, VerificationKey>();
  for (const [at, { participant, jwk, revoked }] of keys.entries()) {
    const revokedAt = revoked === undefined ? {} : { revokedAt: new Date(revoked * 1000) };
    const validity = { ...readValidity(jwk, `/keys/${at}/jwk`), ...revokedAt };
    const key = await factory.importVerificationKey(jwk, validity);
    imported.set(`${participant} ${key.kid}`, key);
  }
  return (kid, participant) => imported.get(`${participant} ${kid}`);
}

/** A message as the switch verified it then: at the time it came, with what was known of the key. */
async function verifyMessage(message: EvidenceMessage, keyFor: KeyFor): Promise<EvidenceFinding> {
  const { sender, receiver } = message;
  const receivedAt = new Date(message.receivedAt);
  if (message.kind === 'withheld') {
    return { kind: 'withheld', sender, receivedAt };
  }
  const body = decodeBase64url(message.body) ?? new Uint8Array();
  const known = { keyFor, audience: receiver, now: receivedAt };
  if (message.kind === 'answer') {
    const { requestId, status } = message;
    const { issuer: _, ...verified } = await verifyAnswer(body, message.signature, {
      ...known,
      issuer: sender,
      requestId,
      status,
    });
    const about = `${status} to ${requestId}`;
    return { ...verified, kind: 'answer', sender, receiver, about, receivedAt, body };
  }
  const { method, target } = message;
  const { issuer, ...verified } = await verifyDetached(body, message.signature, { ...known, method, target });
  if (issuer !== sender) {
    throw new SigningError('SIGNATURE_ISSUER_MISMATCH', 'Another participant signed.', { path: '/iss' });
  }
  return { ...verified, kind: 'request', sender, receiver, about: `${method} ${target}`, receivedAt, body };
}

async function inPlace<T>(place: string, verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    if (cause instanceof SigningError || cause instanceof ProtocolError) {
      const { code, message } = cause as SigningError;
      throw new SigningError(code, message, { path: place, cause });
    }
    throw cause;
  }
}
