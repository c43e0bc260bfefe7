import { importJwks as importJwksWith } from './jwks.ts';
import { createKeyFactory, type VerificationKey } from './keys.ts';
import { nodeProvider } from './node-provider.ts';

const factory = createKeyFactory(nodeProvider);

/**
 * The provider this entry point uses: node:crypto here, plain JavaScript under `browser` and `react-native`.
 */
export const defaultProvider = nodeProvider;
/** A new key pair. @example `const key = await generateSigningKey('ES256')` */
export const generateSigningKey = factory.generateSigningKey;
/** A stored private JWK -> a key. @throws {SigningError} `SIGNING_KEY_INVALID` */
export const importSigningKey = factory.importSigningKey;
/** A participant's public JWK -> a key, with when it counts. @throws {SigningError} `SIGNING_KEY_INVALID` */
export const importVerificationKey = factory.importVerificationKey;

/** A published key set -> its keys by kid. @throws {SigningError} `SIGNING_KEY_INVALID` */
export function importJwks(jwks: unknown): Promise<Map<string, VerificationKey>> {
  return importJwksWith(factory, jwks);
}

export { type BatchSigningKey, type BatchSigningOptions, batchSigningKey } from './batch.ts';
export { batchOwnKey, type OwnKey } from './changing-key.ts';
export {
  type CodeDocument,
  signCodeDocument,
  type VerifiedCodeDocument,
  type VerifyCodeDocumentOptions,
  verifyCodeDocument,
} from './code-document.ts';
export { codeKeyId } from './code-key-id.ts';
export {
  signCode,
  type UnsignedCode,
  type VerifiedCode,
  type VerifiedMerchant,
  type VerifyCodeOptions,
  verifyCode,
} from './code-signature.ts';
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
export {
  type CreateEvidenceOptions,
  createEvidence,
  type EvidenceFinding,
  type StatedKey,
  type VerifiedEvidence,
  type VerifyEvidenceOptions,
  verifyEvidence,
} from './evidence.ts';
export {
  type EvidenceBundle,
  type EvidenceMessage,
  type KeptAnswerBytes,
  type KeptRequest,
  readAnswerClaims,
  type WithheldMessage,
} from './evidence-bundle.ts';
export { isAlgorithm, type PrivateJwk, type PublicJwk } from './jwk.ts';
export { type DatedPublicKey, encodeJwks, type Jwks, keyOverlapHours, type PublishedJwk } from './jwks.ts';
export { type KeyProofClaims, signKeyProof, verifyKeyProof } from './key-proof.ts';
export {
  createKeyFactory,
  type KeyFactory,
  type KeyValidity,
  type SigningKey,
  type VerificationKey,
} from './keys.ts';
export {
  type CreateKeysetOptions,
  createKeyset,
  type Keyset,
  type KeysetEntry,
  keysetDaysMax,
  type VerifyKeysetOptions,
  verifyKeyset,
} from './keyset.ts';
export { SigningError, type SigningErrorCode } from './signing-error.ts';
