import type { MerchantCode as PrintedCode } from '@barlink/codes';
import type { CodeId, CodeResource, Money, ParticipantId, WireMerchant } from '@barlink/protocol';
import { encodeMoney, findCurrency, formatDecimal } from '@barlink/protocol';

/** A merchant code as its acquirer registered it. */
export interface RegisteredCode {
  readonly codeId: CodeId;
  readonly acquirerId: ParticipantId;
  readonly merchant: WireMerchant;
  readonly mode: 'static' | 'dynamic';
  readonly currency: string;
  readonly amount: Money | undefined;
  readonly reference: string | undefined;
  /** Where it hangs: the merchant's store, and the till or table there. */
  readonly store?: string;
  readonly terminal?: string;
  readonly expiresAt: Date | undefined;
  /** How many payments it takes. */
  readonly uses: 'single' | 'many';
  readonly form: 'emv' | 'url';
  /** What the symbol holds: the unsigned payload text, or the URL. */
  readonly payload: string;
  readonly createdAt: Date;
}

/** What was presented: the registered code it names, and whether the acquirer's signature was on it. */
export interface PresentedCode {
  readonly code: RegisteredCode;
  readonly trust: 'verified' | 'unsigned';
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A code id: 48 bits of milliseconds and 32 random bits in Crockford base32, so that ids sort by time. */
export function formatCodeId(timeMs: number, random: number): CodeId {
  let value = (BigInt(timeMs) << 32n) | BigInt(random >>> 0);
  let text = '';
  for (let position = 0; position < 16; position += 1) {
    text = crockford.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text as CodeId;
}

/**
 * Decides whether what was presented may be paid now. `body` is the presented text without signature and CRC;
 * a URL as it is.
 */
export function decidePresented(
  code: RegisteredCode | undefined,
  body: string,
  now: Date,
): 'CODE_PAYLOAD_UNKNOWN' | 'CODE_PAYLOAD_CHANGED' | 'CODE_TIME_EXPIRED' | 'payable' {
  if (code === undefined) {
    return 'CODE_PAYLOAD_UNKNOWN';
  }
  if (body !== (code.form === 'url' ? code.payload : withoutCrc(code.payload))) {
    return 'CODE_PAYLOAD_CHANGED';
  }
  return code.expiresAt !== undefined && code.expiresAt.getTime() <= now.getTime()
    ? 'CODE_TIME_EXPIRED'
    : 'payable';
}

/** Where a document differs from the code it is for; the names are those of the document. */
export function findDifference(
  code: RegisteredCode,
  said: { readonly code: PrintedCode; readonly expiresAt: Date },
  acquirerNumber: string,
): string | undefined {
  const { merchant, currency, amount, expiresAt } = code;
  const registered: PrintedCode & { readonly exp: number } = {
    acquirer: acquirerNumber,
    merchantId: merchant.id,
    codeId: code.codeId,
    name: merchant.name,
    city: merchant.city,
    category: merchant.category,
    country: merchant.country,
    currency: findCurrency(currency)?.numeric ?? '',
    mode: code.mode,
    ...(amount === undefined ? {} : { amount: formatDecimal(amount) }),
    ...(code.reference === undefined ? {} : { reference: code.reference }),
    ...placeOf(code),
    exp: Math.floor((expiresAt?.getTime() ?? 0) / 1000),
  };
  const found = { ...said.code, exp: said.expiresAt.getTime() / 1000 };
  const names = new Set([...Object.keys(registered), ...Object.keys(found)]) as Set<keyof typeof found>;
  return [...names].find((name) => registered[name] !== found[name]);
}

/** Where a code hangs; what is not known is left out. */
export function placeOf({
  store,
  terminal,
}: {
  readonly store?: string | undefined;
  readonly terminal?: string | undefined;
}): Pick<RegisteredCode, 'store' | 'terminal'> {
  return { ...(store === undefined ? {} : { store }), ...(terminal === undefined ? {} : { terminal }) };
}

/** A payload text up to its CRC object (63, EMVCo MPM 4.7.3), which is always the last eight characters. */
export function withoutCrc(payload: string): string {
  return payload.slice(0, -8);
}

/** A code as its acquirer and the wallets that scan it see it. */
export function renderCode(code: RegisteredCode, acquirerNumber: string): CodeResource {
  return {
    codeId: code.codeId,
    acquirer: code.acquirerId,
    acquirerNumber,
    merchant: code.merchant,
    mode: code.mode,
    currency: code.currency,
    ...(code.amount === undefined ? {} : { amount: encodeMoney(code.amount) }),
    ...(code.reference === undefined ? {} : { reference: code.reference }),
    ...placeOf(code),
    ...(code.expiresAt === undefined ? {} : { expiresAt: code.expiresAt.toISOString() }),
    uses: code.uses,
    form: code.form,
    state: 'active',
    payload: code.payload,
    createdAt: code.createdAt.toISOString(),
  };
}
