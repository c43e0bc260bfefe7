import { createKeyFactory } from './keys.ts';
import { nodeProvider } from './node-provider.ts';

const factory = createKeyFactory(nodeProvider);

/** A new key pair. @example `const key = await generateSigningKey('ES256')` */
export const generateSigningKey = factory.generateSigningKey;
/** A stored private JWK -> a key. @throws {SigningError} `SIGNING_KEY_INVALID` */
export const importSigningKey = factory.importSigningKey;
/** A participant's public JWK -> a key, with when it counts. @throws {SigningError} `SIGNING_KEY_INVALID` */
export const importVerificationKey = factory.importVerificationKey;

export type { Algorithm, CryptoProvider, Signer, Verifier } from './crypto-provider.ts';
export {
  type KeyFor,
  type SignAnswerOptions,
  type SignDetachedOptions,
  signAnswer,
  signatureWindowSeconds,
  signDetached,
  type VerifiedAnswer,
  type VerifiedMessage,
  type VerifyAnswerOptions,
  type VerifyDetachedOptions,
  verifyAnswer,
  verifyDetached,
} from './detached.ts';
export { isAlgorithm, type PrivateJwk, type PublicJwk } from './jwk.ts';
export {
  createKeyFactory,
  type KeyFactory,
  type KeyValidity,
  type SigningKey,
  type VerificationKey,
} from './keys.ts';
export { SigningError, type SigningErrorCode } from './signing-error.ts';
