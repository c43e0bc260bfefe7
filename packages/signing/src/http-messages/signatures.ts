import type { Algorithm } from '../crypto-provider.ts';
import { unixSeconds } from '../jwks.ts';
import { isKeyValid, type SigningKey, type VerificationKey } from '../keys.ts';
import { SigningError } from '../signing-error.ts';
import { type Component, fromItem, type HttpMessage, lineOf, toItem } from './components.ts';
import { assertContentDigest } from './content-digest.ts';
import {
  encodeBytes,
  encodeInnerList,
  encodeItem,
  type InnerList,
  type Parameters,
  parseDictionary,
} from './structured-fields.ts';

/** The two fields of a signature (RFC 9421 section 4). */
export interface HttpSignatureFields {
  readonly 'signature-input': string;
  readonly signature: string;
}

/** What is signed and how. */
export interface SignHttpMessageOptions {
  readonly key: SigningKey;
  readonly components: readonly Component[];
  /** Name of the signature among others of the message; `barlink` when absent. */
  readonly label?: string;
  /** The key's RFC 7638 thumbprint when absent. */
  readonly keyId?: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly nonce?: string;
  readonly tag?: string;
}

/** What the receiver knows and asks for. */
export interface VerifyHttpMessageOptions {
  readonly keyFor: (keyId: string) => VerificationKey | undefined | Promise<VerificationKey | undefined>;
  /** What has to be covered, at least. */
  readonly required: readonly Component[];
  readonly now: Date;
  /** The signature to verify when the message has several; there must be one alone otherwise. */
  readonly label?: string;
  /** The body as received: its `Content-Digest` has to be covered and to fit. */
  readonly body?: Uint8Array;
  /** How far `created` may be from now, either way, in seconds; 300 when absent. */
  readonly windowSeconds?: number;
  /** The `tag` it has to have. */
  readonly tag?: string;
}

/** A signature that is true. */
export interface VerifiedHttpSignature {
  readonly label: string;
  readonly keyId: string;
  readonly createdAt: Date;
  readonly nonce: string | undefined;
  readonly components: readonly Component[];
}

/** RFC 9421 section 3.3; SM2 has no name there. */
const algorithmNames: Readonly<Partial<Record<Algorithm, string>>> = {
  ES256: 'ecdsa-p256-sha256',
  EdDSA: 'ed25519',
};

/**
 * Signs a request or a response.
 *
 * @throws {SigningError} `HTTP_SIGNATURE_COMPONENT_MISSING`, `HTTP_SIGNATURE_MALFORMED`,
 * `SIGNATURE_ALGORITHM_NOT_ALLOWED`
 */
export async function signHttpMessage(
  message: HttpMessage,
  options: SignHttpMessageOptions,
): Promise<HttpSignatureFields> {
  const { key, components, label = 'barlink', keyId = key.kid, createdAt, expiresAt, nonce, tag } = options;
  const parameters: Parameters = [
    ['created', unixSeconds(createdAt)],
    ...(expiresAt === undefined ? [] : [['expires', unixSeconds(expiresAt)] as const]),
    ...(nonce === undefined ? [] : [['nonce', nonce] as const]),
    ['keyid', keyId],
    ['alg', nameOf(key.algorithm)],
    ...(tag === undefined ? [] : [['tag', tag] as const]),
  ];
  const input: InnerList = { items: components.map(toItem), parameters };
  const signature = await key.sign(utf8(createSignatureBase(message, input)));
  return {
    'signature-input': `${label}=${encodeInnerList(input)}`,
    signature: `${label}=${encodeBytes(signature)}`,
  };
}

/**
 * Verifies a signature of a request or a response. What is not covered is not proven: say in `required` what
 * has to be.
 *
 * @throws {SigningError} in this order: `SIGNATURE_MISSING`, `HTTP_SIGNATURE_MALFORMED`,
 *   `HTTP_SIGNATURE_COMPONENT_MISSING` (required and not covered, or not in the message), `SIGNATURE_STALE`,
 *   `SIGNATURE_KEY_UNKNOWN`, `SIGNATURE_ALGORITHM_NOT_ALLOWED`, `SIGNATURE_KEY_NOT_VALID`,
 *   `CONTENT_DIGEST_MISMATCH`, `SIGNATURE_INVALID`
 */
export async function verifyHttpMessage(
  message: HttpMessage,
  options: VerifyHttpMessageOptions,
): Promise<VerifiedHttpSignature> {
  const { label, input, signature } = readFields(message, options.label);
  const { keyId, created, nonce } = readParameters(input, options);
  const covered = input.items.map(encodeItem);
  const needed = options.body === undefined ? [] : [{ name: 'content-digest' }];
  for (const component of [...options.required, ...needed]) {
    if (!covered.includes(encodeItem(toItem(component)))) {
      throw new SigningError('HTTP_SIGNATURE_COMPONENT_MISSING', 'The signature does not cover it.', {
        path: component.name,
      });
    }
  }
  const base = createSignatureBase(message, input);
  assertTimely(input, options);
  const key = await findKey(keyId, input, options);
  if (!isKeyValid(key, { signedAt: created * 1000, now: options.now })) {
    throw new SigningError('SIGNATURE_KEY_NOT_VALID', 'The key did not count when the message was signed.');
  }
  if (options.body !== undefined) {
    assertContentDigest(options.body, digestField(message));
  }
  if (signature.length !== 64 || !(await key.verify(utf8(base), signature))) {
    throw new SigningError('SIGNATURE_INVALID', 'The signature does not fit the message and the key.');
  }
  const createdAt = new Date(created * 1000);
  return { label, keyId, createdAt, nonce, components: input.items.map(fromItem) };
}

/**
 * What is signed: a line for each component, and one for their list (RFC 9421 section 2.5).
 *
 * @throws {SigningError} `HTTP_SIGNATURE_COMPONENT_MISSING`, `HTTP_SIGNATURE_MALFORMED`
 */
export function createSignatureBase(message: HttpMessage, input: InnerList): string {
  const names = input.items.map(encodeItem);
  if (new Set(names).size !== names.length) {
    throw malformed('A component is covered twice.', 'signature-input');
  }
  const lines = input.items.map((item) => lineOf(message, item));
  return [...lines, `"@signature-params": ${encodeInnerList(input)}`].join('\n');
}

function readFields(
  { headers }: HttpMessage,
  wanted: string | undefined,
): { readonly label: string; readonly input: InnerList; readonly signature: Uint8Array } {
  const field = (name: string) => {
    const values = Object.entries(headers).flatMap(([key, value]) =>
      key.toLowerCase() === name ? (value ?? []) : [],
    );
    if (values.length === 0) {
      throw new SigningError('SIGNATURE_MISSING', 'The message carries no signature.', { path: name });
    }
    return parseDictionary(values.join(', '), name);
  };
  const inputs = field('signature-input');
  const signatures = field('signature');
  const [label = ''] = wanted === undefined ? inputs.keys() : [wanted];
  const input = inputs.get(label);
  const signature = signatures.get(label);
  if (input === undefined || signature === undefined) {
    throw new SigningError('SIGNATURE_MISSING', 'The message carries no signature of this name.');
  }
  if (wanted === undefined && inputs.size > 1) {
    throw malformed('The message has several signatures: name one.', 'signature-input');
  }
  if (input instanceof Uint8Array || !(signature instanceof Uint8Array)) {
    throw malformed('The fields do not hold a list and bytes.', 'signature-input');
  }
  return { label, input, signature };
}

const knownParameters = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];

function readParameters(
  { parameters }: InnerList,
  { tag }: VerifyHttpMessageOptions,
): { readonly keyId: string; readonly created: number; readonly nonce: string | undefined } {
  const values = Object.fromEntries(parameters);
  const { keyid, created, nonce } = values;
  const isKnown = parameters.every(([name]) => knownParameters.includes(name));
  const hasForm =
    typeof keyid === 'string' &&
    typeof created === 'number' &&
    (nonce === undefined || typeof nonce === 'string') &&
    (values.expires === undefined || typeof values.expires === 'number');
  if (!isKnown || !hasForm || (tag !== undefined && values.tag !== tag)) {
    throw malformed('The parameters of the signature are not those we ask for.', 'signature-input');
  }
  return { keyId: keyid, created, nonce };
}

function assertTimely(
  { parameters }: InnerList,
  { now, windowSeconds = 300 }: VerifyHttpMessageOptions,
): void {
  const { created, expires } = Object.fromEntries(parameters);
  const seconds = now.getTime() / 1000;
  const isFresh = Math.abs(seconds - Number(created)) <= windowSeconds;
  if (!isFresh || (expires !== undefined && seconds >= Number(expires))) {
    throw new SigningError('SIGNATURE_STALE', 'The signature is too old, or too new.', { path: 'created' });
  }
}

async function findKey(
  keyId: string,
  { parameters }: InnerList,
  { keyFor }: VerifyHttpMessageOptions,
): Promise<VerificationKey> {
  const key = await keyFor(keyId);
  if (key === undefined) {
    throw new SigningError('SIGNATURE_KEY_UNKNOWN', 'The key is not known.', { path: 'keyid' });
  }
  const { alg } = Object.fromEntries(parameters);
  if (alg !== undefined && alg !== nameOf(key.algorithm)) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The key has another algorithm.', {
      path: 'alg',
    });
  }
  return key;
}

function nameOf(algorithm: Algorithm): string {
  const name = algorithmNames[algorithm];
  if (name === undefined) {
    throw new SigningError('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'HTTP signatures have no name for it.');
  }
  return name;
}

function digestField(message: HttpMessage): string {
  const line = lineOf(message, { value: 'content-digest', parameters: [] });
  return line.slice(line.indexOf(': ') + 2);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function malformed(message: string, path: string): SigningError {
  return new SigningError('HTTP_SIGNATURE_MALFORMED', message, { path });
}
