import type { Algorithm, CryptoProvider, Signer, Verifier } from './crypto-provider.ts';
import {
  type CheckedJwk,
  invalidKey,
  type PrivateJwk,
  type PublicJwk,
  parsePrivateJwk,
  parsePublicJwk,
  thumbprintText,
} from './jwk.ts';
import { rememberTrue } from './remember-true.ts';
import { SigningError } from './signing-error.ts';

/** A private key in use. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public key: 43 characters of base64url. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicJwk: PublicJwk;
  /** The cryptography this key runs on. */
  readonly provider: CryptoProvider;
  /** 64 raw bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** The secret; for storing it. */
  exportPrivateJwk(): PrivateJwk;
}

/**
 * When a key counts. A message is judged by the time it was signed, a revocation by the time of the check.
 */
export interface KeyValidity {
  /** Messages signed before this instant are refused. */
  readonly notBefore?: Date;
  /** Messages signed at or after this instant are refused. */
  readonly expiresAt?: Date;
  /** From this instant on nothing the key signed is accepted. */
  readonly revokedAt?: Date;
}

/** A public key in use. */
export interface VerificationKey extends KeyValidity {
  /** RFC 7638 thumbprint: 43 characters of base64url. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly publicJwk: PublicJwk;
  /** The cryptography this key runs on. */
  readonly provider: CryptoProvider;
  /** True when `signature` (64 raw bytes) is this key's over `bytes`. */
  verify(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** The same; asked again for what was true, or is being verified, it answers without the cryptography. */
  verifyOnce(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** Makes and reads keys on one {@link CryptoProvider}. */
export interface KeyFactory {
  generateSigningKey(algorithm: Algorithm): Promise<SigningKey>;
  importSigningKey(privateJwk: unknown): Promise<SigningKey>;
  importVerificationKey(publicJwk: unknown, validity?: KeyValidity): Promise<VerificationKey>;
  /**
   * A key whose private part lies elsewhere: a token, a secure element. It signs there and is never exported.
   */
  adoptSigningKey(publicJwk: unknown, sign: Signer): Promise<SigningKey>;
}

/**
 * The three key functions on a provider of the caller's choice, for example one backed by a phone's key
 * store.
 */
export function createKeyFactory(provider: CryptoProvider): KeyFactory {
  return {
    generateSigningKey: async (algorithm) => importSigning(provider, await provider.generate(algorithm)),
    importSigningKey: (privateJwk) => importSigning(provider, privateJwk),
    importVerificationKey: (publicJwk, validity = {}) => importVerification(provider, publicJwk, validity),
    adoptSigningKey: (publicJwk, sign) => adoptSigning(provider, publicJwk, sign),
  };
}

/** Whether what a key signed at `signedAt` (Unix ms) counts at `now`. */
export function isKeyValid(
  { notBefore, expiresAt, revokedAt }: KeyValidity,
  { signedAt, now }: { readonly signedAt: number; readonly now: Date },
): boolean {
  return (
    (notBefore === undefined || signedAt >= notBefore.getTime()) &&
    (expiresAt === undefined || signedAt < expiresAt.getTime()) &&
    (revokedAt === undefined || now < revokedAt)
  );
}

/** The name of a public key: the base64url SHA-256 of RFC 7638. */
function thumbprint(provider: CryptoProvider, jwk: PublicJwk): string {
  return provider.encodeBase64url(provider.sha256(provider.encodeAscii(thumbprintText(jwk))));
}

async function importSigning(provider: CryptoProvider, value: unknown): Promise<SigningKey> {
  const { algorithm, jwk, privateJwk } = parsePrivateJwk(value);
  const kid = thumbprint(provider, jwk);
  const verify = await createVerifier(provider, { algorithm, jwk });
  const sign = await provider.createSigner(algorithm, privateJwk).catch((cause: unknown) => {
    throw invalidKey('The private key is unusable.', '/d', cause);
  });
  await assertPair(provider.encodeAscii(kid), sign, verify);
  const publicJwk: PublicJwk = { ...jwk, kid, alg: algorithm, use: 'sig' };
  return {
    kid,
    algorithm,
    publicJwk,
    provider,
    sign,
    exportPrivateJwk: () => ({ ...publicJwk, d: privateJwk.d }),
  };
}

async function adoptSigning(provider: CryptoProvider, value: unknown, sign: Signer): Promise<SigningKey> {
  const { kid, algorithm, publicJwk, verify } = await importVerification(provider, value, {});
  await assertPair(provider.encodeAscii(kid), sign, verify);
  return {
    kid,
    algorithm,
    publicJwk,
    provider,
    sign,
    exportPrivateJwk: () => {
      throw invalidKey('The private key does not leave the place where it is kept.');
    },
  };
}

async function importVerification(
  provider: CryptoProvider,
  value: unknown,
  validity: KeyValidity,
): Promise<VerificationKey> {
  const checked = parsePublicJwk(value);
  const { algorithm, jwk } = checked;
  const kid = thumbprint(provider, jwk);
  assertNamedRight(value, kid);
  const verify = await createVerifier(provider, checked);
  return {
    kid,
    algorithm,
    publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' },
    provider,
    verify,
    verifyOnce: rememberTrue(verify, provider),
    ...validity,
  };
}

function createVerifier(provider: CryptoProvider, { algorithm, jwk }: CheckedJwk): Promise<Verifier> {
  return provider.createVerifier(algorithm, jwk).catch((cause: unknown) => {
    throw invalidKey('The public key is not a point of its curve.', '/x', cause);
  });
}

/** A key that names itself must name itself as everyone else will. */
function assertNamedRight(value: unknown, kid: string): void {
  const claimed = (value as { readonly kid?: unknown }).kid;
  if (claimed !== undefined && claimed !== kid) {
    throw invalidKey('The kid is not the thumbprint of the key.', '/kid');
  }
}

/** A stored key whose halves do not belong together would sign what nobody can verify. */
async function assertPair(
  probe: Uint8Array,
  sign: SigningKey['sign'],
  verify: VerificationKey['verify'],
): Promise<void> {
  const matches = await sign(probe).then(
    (signature) => verify(probe, signature),
    (cause: unknown) => {
      throw invalidKey('The private key is unusable.', '/d', cause);
    },
  );
  if (!matches) {
    throw new SigningError('SIGNING_KEY_INVALID', 'The private and the public part are no pair.', {
      path: '/d',
    });
  }
}
