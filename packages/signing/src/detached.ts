import { formatUuid7 } from '@barlink/protocol';
import { isBatchSigningKey, proveAlone } from './batch.ts';
import { type BatchProof, batchSigningInput } from './batch-proof.ts';
import type { CryptoProvider } from './crypto-provider.ts';
import { unixSeconds } from './jwks.ts';
import { isKeyValid, type SigningKey, type VerificationKey } from './keys.ts';
import { climbTree, leafPrefix } from './merkle.ts';
import {
  type AnswerHeader,
  type Decoded,
  decodeAnswer,
  decodeRequest,
  encodeAnswerHeader,
  encodeRequestHeader,
  type RequestHeader,
} from './message-header.ts';
import { SigningError } from './signing-error.ts';

/** How far a message's signing time may be from the receiver's clock, either way, in seconds. */
export const signatureWindowSeconds = 300;

/**
 * Finds the key a signature names, among those registered for that participant; `undefined` when there is
 * none.
 */
export type KeyFor = (
  kid: string,
  issuer: string,
) => VerificationKey | undefined | Promise<VerificationKey | undefined>;

/** What a request's signature binds beside the body. */
export interface SignDetachedOptions {
  readonly key: SigningKey;
  /** Participant who signs. */
  readonly issuer: string;
  /** Participant who is to receive it. */
  readonly audience: string;
  /** HTTP method, upper case. */
  readonly method: string;
  /** Path and query in origin form, exactly as sent: `/v1/payments?x=1`. */
  readonly target: string;
  /** Used once per issuer; a new UUIDv7 when absent. */
  readonly jti?: string;
  /** Now when absent; kept to whole seconds. */
  readonly issuedAt?: Date;
  /** UUIDv7 that makes a write repeatable; required by the switch on every write. */
  readonly idempotencyKey?: string;
}

/** What the receiver knows about the request it got. */
export interface VerifyDetachedOptions {
  readonly keyFor: KeyFor;
  /** The receiver itself. */
  readonly audience: string;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly target: string;
  readonly now: Date;
}

/** A request whose signature is true. The caller still has to refuse a (issuer, jti) it has seen before. */
export interface VerifiedMessage {
  readonly issuer: string;
  readonly kid: string;
  readonly jti: string;
  readonly issuedAt: Date;
  readonly idempotencyKey?: string;
}

/** What an answer's signature binds beside the body. */
export interface SignAnswerOptions {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly audience: string;
  /** The `jti` of the request answered. */
  readonly requestId: string;
  /** HTTP status. */
  readonly status: number;
  readonly jti?: string;
  readonly issuedAt?: Date;
}

/** What the asker knows about the answer it got. */
export interface VerifyAnswerOptions {
  readonly keyFor: KeyFor;
  /** Participant who was asked. */
  readonly issuer: string;
  /** The asker itself. */
  readonly audience: string;
  readonly requestId: string;
  readonly status: number;
  readonly now: Date;
}

/** An answer whose signature is true. */
export interface VerifiedAnswer {
  readonly issuer: string;
  readonly kid: string;
  readonly jti: string;
  readonly issuedAt: Date;
}

/**
 * Signs a request: the value of its `Barlink-Signature` header, a compact JWS without its payload part
 * (RFC 7515 appendix F) over exactly these bytes.
 *
 * @param payload the body as it will be sent; empty for a request without one
 * @throws {SigningError} `SIGNATURE_MALFORMED` when an option is not of the agreed form
 */
export async function signDetached(payload: Uint8Array, options: SignDetachedOptions): Promise<string> {
  const { key, issuer, audience, method, target, idempotencyKey, issuedAt = new Date() } = options;
  const header: RequestHeader = {
    alg: key.algorithm,
    kid: key.kid,
    iat: unixSeconds(issuedAt),
    jti: options.jti ?? newMessageId(key, issuedAt),
    iss: issuer,
    aud: audience,
    htm: method,
    htu: target,
    idk: idempotencyKey,
  };
  return signHeader(payload, { header, text: encodeRequestHeader(header) }, key);
}

/**
 * Verifies a request's signature over the raw body. The checks run in the order of spec/signing.md 3.3.
 *
 * @param payload the body exactly as received
 * @param signature the header's value, `undefined` when there was none
 * @throws {SigningError} `SIGNATURE_MISSING`, `_MALFORMED`, `_ALGORITHM_NOT_ALLOWED`, `_CRITICAL_UNKNOWN`,
 *   `_KEY_UNKNOWN`, `_STALE`, `_KEY_NOT_VALID`, `_AUDIENCE_MISMATCH`, `_TARGET_MISMATCH`, `_INVALID`
 */
export async function verifyDetached(
  payload: Uint8Array,
  signature: string | undefined,
  options: VerifyDetachedOptions,
): Promise<VerifiedMessage> {
  const decoded = decodeRequest(signature);
  const { header } = decoded;
  const key = await findKey(header, options);
  assertTimely(header, key, options.now);
  assertAudience(header, options.audience);
  if (header.htm !== options.method || header.htu !== options.target) {
    throw new SigningError('SIGNATURE_TARGET_MISMATCH', 'The signature is for another method or target.', {
      path: header.htm === options.method ? '/htu' : '/htm',
    });
  }
  await assertSigned(payload, decoded, key);
  const { iss, kid, jti, iat, idk } = header;
  const issuedAt = new Date(iat * 1000);
  return idk === undefined
    ? { issuer: iss, kid, jti, issuedAt }
    : { issuer: iss, kid, jti, issuedAt, idempotencyKey: idk };
}

/**
 * Signs an answer, bound to the request it answers and to its HTTP status.
 *
 * @throws {SigningError} `SIGNATURE_MALFORMED` when an option is not of the agreed form
 */
export async function signAnswer(payload: Uint8Array, options: SignAnswerOptions): Promise<string> {
  const { key, issuer, audience, requestId, status, issuedAt = new Date() } = options;
  const header: AnswerHeader = {
    alg: key.algorithm,
    kid: key.kid,
    iat: unixSeconds(issuedAt),
    jti: options.jti ?? newMessageId(key, issuedAt),
    iss: issuer,
    aud: audience,
    rqi: requestId,
    sta: status,
  };
  return signHeader(payload, { header, text: encodeAnswerHeader(header) }, key);
}

/**
 * Verifies an answer's signature over the raw body.
 *
 * @throws {SigningError} as {@link verifyDetached}, with `SIGNATURE_ISSUER_MISMATCH` and
 *   `SIGNATURE_REQUEST_MISMATCH` (another request or status) in place of the target's
 */
export async function verifyAnswer(
  payload: Uint8Array,
  signature: string | undefined,
  options: VerifyAnswerOptions,
): Promise<VerifiedAnswer> {
  const decoded = decodeAnswer(signature);
  const { header } = decoded;
  if (header.iss !== options.issuer) {
    throw new SigningError('SIGNATURE_ISSUER_MISMATCH', 'Another participant answers.', { path: '/iss' });
  }
  const key = await findKey(header, options);
  assertTimely(header, key, options.now);
  assertAudience(header, options.audience);
  if (header.rqi !== options.requestId || header.sta !== options.status) {
    throw new SigningError('SIGNATURE_REQUEST_MISMATCH', 'The signature is for another request or status.', {
      path: header.rqi === options.requestId ? '/sta' : '/rqi',
    });
  }
  await assertSigned(payload, decoded, key);
  const { iss, kid, jti, iat } = header;
  return { issuer: iss, kid, jti, issuedAt: new Date(iat * 1000) };
}

/** A UUIDv7, so that the index of ids seen grows at one end. */
function newMessageId({ provider }: SigningKey, issuedAt: Date): string {
  return formatUuid7(issuedAt.getTime(), provider.randomBytes(10));
}

async function signHeader(
  payload: Uint8Array,
  { header, text }: { readonly header: RequestHeader | AnswerHeader; readonly text: string },
  key: SigningKey,
): Promise<string> {
  const { provider } = key;
  const segment = provider.encodeBase64url(provider.encodeAscii(text));
  const message = { leaf: leafOf(segment, payload, provider), iss: header.iss, iat: header.iat };
  const proof = isBatchSigningKey(key) ? await key.prove(message) : await proveAlone(key, message);
  return `${segment}..${proof}`;
}

/** The signing input behind the prefix of a leaf: what a batch hashes; without the prefix, what is signed. */
function leafOf(segment: string, payload: Uint8Array, provider: CryptoProvider): Uint8Array {
  const prefix = String.fromCharCode(leafPrefix);
  return provider.encodeAscii(`${prefix}${segment}.${provider.encodeBase64url(payload)}`);
}

function assertAudience(header: RequestHeader | AnswerHeader, audience: string): void {
  if (header.aud !== audience) {
    throw new SigningError('SIGNATURE_AUDIENCE_MISMATCH', 'The signature is for another receiver.', {
      path: '/aud',
    });
  }
}

async function findKey(
  header: RequestHeader | AnswerHeader,
  { keyFor }: { readonly keyFor: KeyFor },
): Promise<VerificationKey> {
  const found = keyFor(header.kid, header.iss);
  const key = found instanceof Promise ? await found : found;
  if (key === undefined || key.kid !== header.kid) {
    throw new SigningError('SIGNATURE_KEY_UNKNOWN', 'The key is not registered for the issuer.', {
      path: '/kid',
    });
  }
  if (key.algorithm !== header.alg) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The key has another algorithm.', {
      path: '/alg',
    });
  }
  return key;
}

/**
 * A key's validity is judged at the time of signing, so that rotation refuses no message that was valid when
 * sent.
 */
function assertTimely({ iat }: RequestHeader | AnswerHeader, key: VerificationKey, now: Date): void {
  const isInWindow = Math.abs(now.getTime() / 1000 - iat) <= signatureWindowSeconds;
  if (!isInWindow) {
    throw new SigningError('SIGNATURE_STALE', 'The signature is older or newer than 300 seconds.', {
      path: '/iat',
    });
  }
  if (!isKeyValid(key, { signedAt: iat * 1000, now })) {
    throw new SigningError('SIGNATURE_KEY_NOT_VALID', 'The key is not valid yet, expired or revoked.', {
      path: '/kid',
    });
  }
}

async function assertSigned(
  payload: Uint8Array,
  { headerSegment, proof }: Decoded<RequestHeader | AnswerHeader>,
  key: VerificationKey,
): Promise<void> {
  const leaf = leafOf(headerSegment, payload, key.provider);
  const isTrue =
    proof instanceof Uint8Array
      ? await key.verify(leaf.subarray(1), proof)
      : await isInBatch(leaf, proof, key);
  if (!isTrue) {
    throw new SigningError('SIGNATURE_INVALID', 'The signature does not fit the message and the key.');
  }
}

/** The signature over a root is verified once for all messages that lead to it. */
async function isInBatch(leaf: Uint8Array, proof: BatchProof, key: VerificationKey): Promise<boolean> {
  const { provider } = key;
  const root = climbTree(provider.sha256(leaf), proof.inclusion, provider.sha256);
  return (
    root !== undefined &&
    key.verifyOnce(batchSigningInput(proof.headerSegment, root, provider), proof.signature)
  );
}
