import {
  CodeError,
  type CodeUrl,
  decodeMerchantCode,
  findSignature,
  type MerchantCode as PrintedCode,
  type Recognition,
  readCodeUrl,
  recognize,
} from '@barlink/codes';
import { findCurrency, type Money, ProtocolError, parseDecimal } from '@barlink/protocol';
import {
  type Keyset,
  SigningError,
  type VerifiedMerchant,
  verifyCode,
  verifyCodeDocument,
} from '@barlink/signing';
import type { DocumentSource } from './code-document.ts';
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
  /** Where it hangs: the merchant's store. */
  readonly store?: string;
  /** The till or table there. */
  readonly terminal?: string;
  /** Until when it can be paid; only a code behind a URL says so. */
  readonly expiresAt?: Date;
}

/**
 * What a scanned text is, be it the code itself or the URL of one. Branch on `trust`:
 *
 * - `verified`: the acquirer signed it and the switch vouches for the acquirer. Show `merchant` as the payee.
 * - `unsigned`: a unified code that nobody signed. What it says is a claim: `resolve` it before paying.
 * - `tampered`: a unified code that was changed, forged, withdrawn or damaged, or whose time is over. Do not
 * pay; `reason` says what is wrong.
 * - `unverifiable`: signed, but the keyset or the document to verify it with is not at hand. Try again with a
 * network.
 * - `foreign`: another scheme's code, or a payer's code. Not payable here.
 * - `unreadable`: no payment code. A URL that is not exactly one of the switch's codes is never opened.
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
  readonly documents: DocumentSource;
  readonly now: () => Date;
}

/** Recognises and judges a text. Never throws for what the text holds. */
export async function scanText(text: string, options: ScanOptions): Promise<Scan> {
  const payload = text.replace(/^\ufeff/, '').replace(/\r?\n$/, '');
  const url = readCodeUrl(payload);
  if (url !== undefined && url.base === options.documents.base) {
    return refusing(() => judgeUrl(payload, url, options));
  }
  const recognition = recognize(payload);
  if (recognition === undefined) {
    return { trust: 'unreadable' };
  }
  if (recognition.scheme !== 'barlink' || recognition.presentment !== 'merchant') {
    return { trust: 'foreign', recognition };
  }
  return refusing(() => judge(payload, options));
}

/** What is not at hand says nothing about the code; whatever else is wrong is wrong with the code. */
const notAtHand = ['KEYSET_EXPIRED', 'KEYSET_UNAVAILABLE', 'CODE_DOCUMENT_UNAVAILABLE'];

async function refusing(judging: () => Promise<Scan>): Promise<Scan> {
  try {
    return await judging();
  } catch (error) {
    if (!(error instanceof CodeError || error instanceof ProtocolError)) {
      throw error;
    }
    const { code: reason } = error;
    return { trust: notAtHand.includes(reason) ? 'unverifiable' : 'tampered', reason };
  }
}

/**
 * All that is known of such a code is in its document, so there is nothing to show before that is verified.
 */
async function judgeUrl(payload: string, url: CodeUrl, options: ScanOptions): Promise<Scan> {
  const document = await options.documents.fetch(url);
  const now = options.now();
  const judged = await withNewestKeys(options, (keyset) =>
    verifyCodeDocument(document, { url: payload, keyset, now }),
  );
  if (judged.code.codeId !== url.codeId) {
    throw new SigningError('SIGNATURE_TARGET_MISMATCH', 'The document is another code\u2019s.');
  }
  const code = { ...describe(judged.code), expiresAt: judged.expiresAt };
  return { trust: 'verified', payload, merchant: judged.merchant, code };
}

async function judge(payload: string, options: ScanOptions): Promise<Scan> {
  const claimed = describe(decodeMerchantCode(payload));
  if (findSignature(payload) === undefined) {
    return { trust: 'unsigned', payload, claimed };
  }
  const now = options.now();
  const judged = await withNewestKeys(options, (keyset) => verifyCode(payload, { keyset, now }));
  return judged.status === 'verified'
    ? { trust: 'verified', payload, merchant: judged.merchant, code: describe(judged.code) }
    : { trust: 'unsigned', payload, claimed };
}

async function withNewestKeys<T>(
  { keysets }: ScanOptions,
  verify: (keyset: Keyset) => Promise<T>,
): Promise<T> {
  try {
    return await verify(await keysets.current());
  } catch (error) {
    // The acquirer may have got its key after our keyset was made.
    const isNewKey = error instanceof SigningError && error.code === 'CODE_SIGNATURE_KEY_UNKNOWN';
    if (!isNewKey || (await keysets.refresh()) === 'kept') {
      throw error;
    }
    return verify(await keysets.current());
  }
}

function describe(printed: PrintedCode): ScannedCode {
  const { acquirer, codeId, merchantId, name, city, category, country, mode, amount } = printed;
  const { reference, store, terminal } = printed;
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
    store,
    terminal,
  });
}
