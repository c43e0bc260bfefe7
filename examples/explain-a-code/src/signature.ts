import { CodeError } from '@barlink/codes';
import {
  importJwks,
  importVerificationKey,
  type Keyset,
  SigningError,
  type VerifiedMerchant,
  verifyCode,
  verifyKeyset,
} from '@barlink/signing/portable';
import type { Explanation } from './explain.ts';

/** Whose keys a verdict rests on. */
export type Trust = 'demonstration' | 'own';

/** A keyset to verify with, and whose it is. */
export interface TrustedKeyset {
  readonly keyset: Keyset;
  readonly trust: Trust;
}

/** What is known of a code's signature. */
export type SignatureState =
  | {
      readonly kind: 'verified';
      readonly merchant: VerifiedMerchant;
      readonly kid: string;
      readonly trust: Trust;
    }
  /** A unified code that nobody signed. */
  | { readonly kind: 'unsigned' }
  /** Signed, and not by this key over this text; or withdrawn. */
  | { readonly kind: 'tampered'; readonly code: string }
  | { readonly kind: 'withdrawn'; readonly code: string }
  /** Signed, but the keys at hand cannot tell. */
  | { readonly kind: 'unknown'; readonly code: string; readonly trust: Trust }
  /** Lightning: the invoice's own key signed it, and reading it checked that. */
  | { readonly kind: 'selfSigned' }
  /** The scheme has a signature of its own that this page does not check. */
  | { readonly kind: 'unchecked' }
  /** The scheme has no signature. */
  | { readonly kind: 'none' };

/** Judges the signature of what was explained. */
export async function judgeSignature(
  { code, refusal, text }: Explanation,
  { keyset, trust }: TrustedKeyset,
): Promise<SignatureState | undefined> {
  if (code === undefined || refusal !== undefined) return undefined;
  if (code.scheme === 'bolt11') return { kind: 'selfSigned' };
  if (code.scheme !== 'barlink' || code.presentment !== 'merchant') {
    return { kind: 'signature' in code.data ? 'unchecked' : 'none' };
  }
  try {
    const result = await verifyCode(text, { keyset, now: new Date() });
    return result.status === 'unsigned'
      ? { kind: 'unsigned' }
      : { kind: 'verified', merchant: result.merchant, kid: result.kid, trust };
  } catch (error) {
    if (error instanceof SigningError) return stateOf(error.code, trust);
    // Read as a unified code, but a field does not have the unified form: nothing vouches for it.
    if (!(error instanceof CodeError)) throw error;
    return 'signed' in code.data && code.data.signed
      ? { kind: 'tampered', code: error.code }
      : { kind: 'unsigned' };
  }
}

function stateOf(code: string, trust: Trust): SignatureState {
  switch (code) {
    case 'CODE_SIGNATURE_KEY_UNKNOWN':
    case 'KEYSET_EXPIRED':
      return { kind: 'unknown', code, trust };
    case 'CODE_SIGNATURE_REVOKED':
    case 'CODE_SIGNATURE_KEY_NOT_VALID':
      return { kind: 'withdrawn', code };
    default:
      return { kind: 'tampered', code };
  }
}

/** What a user pastes to verify with the keys of a real switch. */
export interface KeysetInput {
  readonly keyset: string;
  /** The switch's public key: a JWK or a JWK Set. */
  readonly switchKey: string;
  readonly issuer: string;
}

/**
 * Reads a keyset and verifies it with the switch's key.
 *
 * @throws {SigningError} what verifying a keyset throws; `SIGNING_KEY_INVALID`
 */
export async function readKeyset({ keyset, switchKey, issuer }: KeysetInput): Promise<TrustedKeyset> {
  const keys = await readKeys(switchKey);
  const verified = await verifyKeyset(keyset.trim(), {
    keyFor: (kid) => Promise.resolve(keys.find((key) => key.kid === kid)),
    issuer: issuer.trim(),
    now: new Date(),
  });
  return { keyset: verified, trust: 'own' };
}

async function readKeys(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SigningError('SIGNING_KEY_INVALID', 'The text is not JSON.', { cause });
  }
  const isSet = typeof value === 'object' && value !== null && 'keys' in value;
  return isSet ? [...(await importJwks(value)).values()] : [await importVerificationKey(value)];
}
