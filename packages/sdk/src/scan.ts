import {
  CodeError,
  decodeMerchantCode,
  findSignature,
  type MerchantCode as PrintedCode,
  type Recognition,
  recognize,
} from '@barlink/codes';
import { findCurrency, type Money, ProtocolError, parseDecimal } from '@barlink/protocol';
import { SigningError, type VerifiedMerchant, verifyCode } from '@barlink/signing';
import type { CodeKeysetCache } from './code-keyset.ts';
import { present } from './shape.ts';

/** What a unified merchant code says. */
export interface ScannedCode {
  readonly acquirerNumber: string;
  readonly codeId: string;
  readonly merchant: {
    readonly id: string;
    readonly name: string;
    readonly city: string;
    readonly category: string;
    readonly country: string;
  };
  readonly mode: 'static' | 'dynamic';
  readonly currency: string;
  /** Absent when the payer types it. */
  readonly amount?: Money;
  readonly reference?: string;
}

/**
 * What a scanned text is. Branch on `trust`:
 *
 * - `verified`: the acquirer signed it and the switch vouches for the acquirer. Show `merchant` as the payee.
 * - `unsigned`: a unified code that nobody signed. What it says is a claim: `resolve` it before paying.
 * - `tampered`: a unified code that was changed, forged, withdrawn or damaged. Do not pay; `reason` says what
 * is wrong.
 * - `unverifiable`: signed, but there is no valid keyset at hand to verify it with. Try again with a network.
 * - `foreign`: another scheme's code, or a payer's code. Not payable here.
 * - `unreadable`: no payment code.
 */
export type Scan =
  | {
      readonly trust: 'verified';
      readonly payload: string;
      readonly merchant: VerifiedMerchant;
      readonly code: ScannedCode;
    }
  | { readonly trust: 'unsigned'; readonly payload: string; readonly claimed: ScannedCode }
  | { readonly trust: 'tampered'; readonly reason: string }
  | { readonly trust: 'unverifiable'; readonly reason: string }
  | { readonly trust: 'foreign'; readonly recognition: Recognition }
  | { readonly trust: 'unreadable' };

/** Options of {@link scanText}. */
export interface ScanOptions {
  readonly keysets: CodeKeysetCache;
  readonly now: () => Date;
}

/** Recognises and judges a text. Never throws for what the text holds. */
export async function scanText(text: string, options: ScanOptions): Promise<Scan> {
  const payload = text.replace(/^\ufeff/, '').replace(/\r?\n$/, '');
  const recognition = recognize(payload);
  if (recognition === undefined) {
    return { trust: 'unreadable' };
  }
  if (recognition.scheme !== 'barlink' || recognition.presentment !== 'merchant') {
    return { trust: 'foreign', recognition };
  }
  try {
    return await judge(payload, options);
  } catch (error) {
    if (!(error instanceof CodeError || error instanceof ProtocolError)) {
      throw error;
    }
    const { code: reason } = error;
    const isKeysetAtFault = reason === 'KEYSET_EXPIRED' || reason === 'KEYSET_UNAVAILABLE';
    return { trust: isKeysetAtFault ? 'unverifiable' : 'tampered', reason };
  }
}

async function judge(payload: string, options: ScanOptions): Promise<Scan> {
  const claimed = describe(decodeMerchantCode(payload));
  if (findSignature(payload) === undefined) {
    return { trust: 'unsigned', payload, claimed };
  }
  const judged = await verifyWithNewestKeys(payload, options);
  return judged.status === 'verified'
    ? { trust: 'verified', payload, merchant: judged.merchant, code: describe(judged.code) }
    : { trust: 'unsigned', payload, claimed };
}

async function verifyWithNewestKeys(
  payload: string,
  { keysets, now }: ScanOptions,
): ReturnType<typeof verifyCode> {
  try {
    return await verifyCode(payload, { keyset: await keysets.current(), now: now() });
  } catch (error) {
    // The acquirer may have got its key after our keyset was made.
    const isNewKey = error instanceof SigningError && error.code === 'CODE_SIGNATURE_KEY_UNKNOWN';
    if (!isNewKey || (await keysets.refresh()) === 'kept') {
      throw error;
    }
    return verifyCode(payload, { keyset: await keysets.current(), now: now() });
  }
}

function describe(printed: PrintedCode): ScannedCode {
  const { acquirer, codeId, merchantId, name, city, category, country, mode, amount, reference } = printed;
  const currency = findCurrency(printed.currency)?.code;
  if (currency === undefined) {
    throw new ProtocolError('MONEY_CURRENCY_UNKNOWN', 'The currency is not in ISO 4217.', { path: '53' });
  }
  return present({
    acquirerNumber: acquirer,
    codeId,
    merchant: { id: merchantId, name, city, category, country },
    mode,
    currency,
    amount: amount === undefined ? undefined : parseDecimal(amount, currency, '54'),
    reference,
  });
}
