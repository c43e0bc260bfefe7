import { decodeBase64url } from './base64url.ts';
import type { Algorithm } from './crypto-provider.ts';
import { SigningError } from './signing-error.ts';

/**
 * A public key as a JSON Web Key (RFC 7517, RFC 8037). `crv` is `P-256` for ES256, `Ed25519` for EdDSA and,
 * in a name of this network, `SM2` for SM2SM3.
 */
export interface PublicJwk {
  readonly kty: 'EC' | 'OKP';
  readonly crv: 'P-256' | 'Ed25519' | 'SM2';
  readonly x: string;
  readonly y?: string;
  readonly kid?: string;
  readonly alg?: Algorithm;
  readonly use?: 'sig';
}

/** A private key as a JSON Web Key; keep it secret. */
export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

interface Family {
  readonly kty: PublicJwk['kty'];
  readonly crv: PublicJwk['crv'];
  readonly hasY: 'y' | 'no y';
}

const families: Readonly<Record<Algorithm, Family>> = {
  ES256: { kty: 'EC', crv: 'P-256', hasY: 'y' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hasY: 'no y' },
  SM2SM3: { kty: 'EC', crv: 'SM2', hasY: 'y' },
};

/** Every algorithm this package knows. */
const algorithms: readonly Algorithm[] = ['ES256', 'EdDSA', 'SM2SM3'];

/** True for the name of an algorithm of the network, in exactly this spelling. */
export function isAlgorithm(value: unknown): value is Algorithm {
  return value === 'ES256' || value === 'EdDSA' || value === 'SM2SM3';
}

/** A checked public key: its algorithm and a JWK with only the members that matter, in a fixed order. */
export interface CheckedJwk {
  readonly algorithm: Algorithm;
  readonly jwk: PublicJwk;
}

/**
 * Checks the members of a public JWK: known curve, canonical 32-byte coordinates, `alg` and `use` fitting.
 *
 * @throws {SigningError} `SIGNING_KEY_INVALID`
 */
export function parsePublicJwk(value: unknown): CheckedJwk {
  const members = objectMembers(value);
  const algorithm = algorithmOf(members);
  const family = families[algorithm];
  if (members.use !== undefined && members.use !== 'sig') {
    throw invalidKey('The key is not meant for signatures.', '/use');
  }
  assertOperations(members.key_ops);
  const x = coordinate(members, 'x');
  const jwk: PublicJwk =
    family.hasY === 'y'
      ? { kty: family.kty, crv: family.crv, x, y: coordinate(members, 'y') }
      : { kty: family.kty, crv: family.crv, x };
  if (family.hasY === 'no y' && members.y !== undefined) {
    throw invalidKey('An Ed25519 key has no y.', '/y');
  }
  assertNotSmallOrder(jwk);
  return { algorithm, jwk };
}

/**
 * Checks a private JWK like {@link parsePublicJwk}, and its `d`.
 *
 * @throws {SigningError} `SIGNING_KEY_INVALID`
 */
export function parsePrivateJwk(value: unknown): CheckedJwk & { readonly privateJwk: PrivateJwk } {
  const checked = parsePublicJwk(value);
  return { ...checked, privateJwk: { ...checked.jwk, d: coordinate(objectMembers(value), 'd') } };
}

/** The canonical text whose SHA-256 is the key's name (RFC 7638 section 3). */
export function thumbprintText(jwk: PublicJwk): string {
  const y = jwk.y === undefined ? '' : `,"y":"${jwk.y}"`;
  return `{"crv":"${jwk.crv}","kty":"${jwk.kty}","x":"${jwk.x}"${y}}`;
}

/** The bytes of a coordinate of a checked key. */
export function coordinateBytes(text: string | undefined): Uint8Array {
  const bytes = text === undefined ? undefined : decodeBase64url(text);
  if (bytes?.length !== 32) {
    throw invalidKey('A coordinate is not 32 bytes of base64url.');
  }
  return bytes;
}

/** The refusal of an unusable key; never carries key material. */
export function invalidKey(message: string, path?: string, cause?: unknown): SigningError {
  return new SigningError('SIGNING_KEY_INVALID', message, { ...(path === undefined ? {} : { path }), cause });
}

function objectMembers(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidKey('The key is not a JSON Web Key.');
  }
  return value as Readonly<Record<string, unknown>>;
}

function assertOperations(operations: unknown): void {
  const allowed: readonly unknown[] = ['sign', 'verify'];
  if (
    operations !== undefined &&
    !(Array.isArray(operations) && operations.every((name) => allowed.includes(name)))
  ) {
    throw invalidKey('The key is not meant for signatures.', '/key_ops');
  }
}

function algorithmOf(members: Readonly<Record<string, unknown>>): Algorithm {
  const algorithm = algorithms.find(
    (name) => families[name].kty === members.kty && families[name].crv === members.crv,
  );
  if (algorithm === undefined) {
    throw invalidKey('The key type and curve are none of the network.', '/crv');
  }
  if (members.alg !== undefined && members.alg !== algorithm) {
    throw invalidKey('The key names an algorithm that its curve does not fit.', '/alg');
  }
  return algorithm;
}

function coordinate(members: Readonly<Record<string, unknown>>, name: 'x' | 'y' | 'd'): string {
  const text = members[name];
  if (typeof text !== 'string' || decodeBase64url(text)?.length !== 32) {
    throw invalidKey('The member is not 32 bytes of base64url.', `/${name}`);
  }
  return text;
}

/**
 * Ed25519 public keys of order 1, 2, 4 or 8: their owner could show one signature for many messages and
 * deny any. Non-canonical spellings of the same points are listed too. The test derives the list from the
 * curve.
 */
const smallOrderKeys: ReadonlySet<string> = new Set([
  'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA',
  '7v_______________________________________38',
  '7v________________________________________8',
  'xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o',
  'xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA',
  '7f_______________________________________38',
  '7f________________________________________8',
  'JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU',
  'JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU',
  '7P_______________________________________38',
  '7P________________________________________8',
]);

function assertNotSmallOrder(jwk: PublicJwk): void {
  if (jwk.crv === 'Ed25519' && smallOrderKeys.has(jwk.x)) {
    throw invalidKey('The key is a point of small order.', '/x');
  }
}
