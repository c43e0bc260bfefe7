import {
  attachSignature,
  CodeError,
  decodeMerchantCode,
  findSignature,
  type MerchantCode,
  type SignedPayload,
  signedPart,
} from '@barlink/codes';
import { decodeBase45, encodeBase45 } from './base45.ts';
import { codeKeyId } from './code-key-id.ts';
import type { Algorithm } from './crypto-provider.ts';
import { isKeyValid, type SigningKey } from './keys.ts';
import { assertFresh, type Keyset } from './keyset.ts';
import { SigningError, type SigningErrorCode } from './signing-error.ts';

/** What a wallet needs to judge a code; no network. */
export interface VerifyCodeOptions {
  readonly keyset: Keyset;
  readonly now: Date;
}

/** Who is paid, vouched for by the acquirer's signature: safe to show as the payee. */
export interface VerifiedMerchant {
  readonly acquirer: string;
  readonly merchantId: string;
  readonly name: string;
  readonly city: string;
  /** Merchant category code, four digits. */
  readonly category: string;
  readonly country: string;
}

/** The acquirer signed this code, and the switch vouches for the acquirer's key. */
export interface VerifiedCode {
  readonly status: 'verified';
  readonly merchant: VerifiedMerchant;
  /** Every signed field. */
  readonly code: MerchantCode;
  /** Key that signed, by its full thumbprint. */
  readonly kid: string;
}

/** Nobody signed this code: what it says about the payee is a claim of whoever printed it. */
export interface UnsignedCode {
  readonly status: 'unsigned';
  readonly claimed: MerchantCode;
}

/**
 * Signs a unified merchant code with the acquirer's code key.
 *
 * @param payload an unsigned code, as `encodeMerchantCode` of `@barlink/codes` gives it
 * @returns the same code with the signature in objects 98 and 99 and a new CRC
 * @throws {CodeError} `QR_SIGNATURE_PRESENT` and what reading a code throws
 */
export async function signCode(payload: string, key: SigningKey): Promise<string> {
  decodeMerchantCode(payload);
  const raw = await key.sign(utf8(signedPart(payload)));
  return attachSignature(payload, { keyId: codeKeyId(key.kid), signature: encodeBase45(raw) });
}

/**
 * Judges a unified merchant code without a network. A verified and an unsigned code are told apart by
 * `status` and share no other field; a tampered one throws, whatever it says.
 *
 * @throws {CodeError} when the text is no unified merchant code at all (`QR_CRC_MISMATCH`,
 * `QR_SCHEME_UNKNOWN` ...)
 * @throws {SigningError} `CODE_SIGNATURE_MALFORMED`, `KEYSET_EXPIRED`, `CODE_SIGNATURE_KEY_UNKNOWN`,
 *   `CODE_SIGNATURE_KEY_NOT_VALID`, `CODE_SIGNATURE_INVALID`, `CODE_SIGNATURE_REVOKED`, in this order
 */
export async function verifyCode(
  payload: string,
  { keyset, now }: VerifyCodeOptions,
): Promise<VerifiedCode | UnsignedCode> {
  const code = decodeMerchantCode(payload);
  const signed = readSignature(payload);
  if (signed === undefined) {
    return { status: 'unsigned', claimed: code };
  }
  const raw = decodeBase45(signed.signature);
  if (raw?.length !== 64 || !isOneSpelling(payload, signed)) {
    throw refusal('CODE_SIGNATURE_MALFORMED', 'The signature is not written in its one form.');
  }
  return assertSigned(
    { code, keyId: signed.keyId, bytes: utf8(signed.signedText), raw, madeAtMs: codeTimeMs(code.codeId) },
    { keyset, now },
  );
}

/** What an acquirer is said to have signed. */
export interface SignedClaim {
  readonly code: MerchantCode;
  readonly keyId: string;
  readonly bytes: Uint8Array;
  readonly raw: Uint8Array;
  readonly madeAtMs: number;
  /** What a document's header says of its key; a payload has no room for it. */
  readonly named?: { readonly kid: string; readonly algorithm: Algorithm };
}

/** The checks of spec/signing.md 6.2 from the keyset on, in their order. */
export async function assertSigned(
  { code, keyId, bytes, raw, madeAtMs, named }: SignedClaim,
  { keyset, now }: VerifyCodeOptions,
): Promise<VerifiedCode> {
  assertFresh(keyset, now);
  const key = await keyset.findKey(code.acquirer, keyId);
  if (key === undefined || (named !== undefined && named.kid !== key.kid)) {
    throw refusal('CODE_SIGNATURE_KEY_UNKNOWN', 'The key is not one of this acquirer.');
  }
  if (named !== undefined && named.algorithm !== key.algorithm) {
    throw refusal('SIGNATURE_ALGORITHM_NOT_ALLOWED', 'The key has another algorithm.');
  }
  if (!isKeyValid(key, { signedAt: madeAtMs, now })) {
    throw refusal(
      'CODE_SIGNATURE_KEY_NOT_VALID',
      'The key was not valid when the code was made, or is revoked.',
    );
  }
  if (!(await key.verify(bytes, raw))) {
    throw refusal('CODE_SIGNATURE_INVALID', 'The code was changed after it was signed, or never signed so.');
  }
  if (keyset.isRevoked(code.codeId)) {
    throw refusal('CODE_SIGNATURE_REVOKED', 'The code has been withdrawn.');
  }
  const { acquirer, merchantId, name, city, category, country } = code;
  return {
    status: 'verified',
    merchant: { acquirer, merchantId, name, city, category, country },
    code,
    kid: key.kid,
  };
}

function readSignature(payload: string): SignedPayload | undefined {
  try {
    return findSignature(payload);
  } catch (cause) {
    if (cause instanceof CodeError && cause.code === 'QR_SIGNATURE_MALFORMED') {
      throw refusal('CODE_SIGNATURE_MALFORMED', 'The signature is not where and how it has to be.', cause);
    }
    throw cause;
  }
}

/**
 * What follows the signed text is not signed itself, so it may be written in one way only: objects of the
 * agreed order, length and letter case, nothing else, then the CRC in upper case.
 */
function isOneSpelling(payload: string, { signedText, keyId, signature }: SignedPayload): boolean {
  const first = signature.slice(0, 68);
  const rest = signature.slice(68);
  const tail = `98990011NET.BARLINK0108${keyId}0268${first}99470011NET.BARLINK0328${rest}6304`;
  const found = payload.slice(signedText.length);
  return found.startsWith(tail) && /^[0-9A-F]{4}$/.test(found.slice(tail.length));
}

/** A code id begins with the time of its making: of its 80 bits the first 48, in milliseconds. */
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function codeTimeMs(codeId: string): number {
  let bits = 0n;
  for (const character of codeId) {
    bits = (bits << 5n) | BigInt(crockford.indexOf(character));
  }
  return Number(bits >> 32n);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function refusal(code: SigningErrorCode, message: string, cause?: unknown): SigningError {
  return new SigningError(code, message, { path: '98', cause });
}
