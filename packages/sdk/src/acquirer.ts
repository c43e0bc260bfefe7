import { type MerchantCode as Printed, readCodeUrl, decodeMerchantCode as readPrinted } from '@barlink/codes';
import {
  encodeMoney,
  findCurrency,
  formatDecimal,
  type Money,
  parseDecimal,
  type Reason,
} from '@barlink/protocol';
import { type SigningKey, signCode, signCodeDocument } from '@barlink/signing';
import { type CycleReader, readCycles } from './cycles.ts';
import {
  decodeMerchantCode,
  decodePayment,
  type Merchant,
  type MerchantCode,
  type NetPosition,
  type Payment,
} from './resources.ts';
import { SdkError } from './sdk-error.ts';
import { present } from './shape.ts';
import type { ClientOptions, SwitchClient } from './switch-client.ts';
import { paymentPath, type Repeatable, readPositions } from './wallet.ts';

/** Options of `createAcquirer`, without those of its receiver. */
export interface AcquirerOptions extends ClientOptions {
  /** The registered key for merchant codes. Without it codes are printed unsigned. */
  readonly codeKey?: SigningKey;
}

/** A code to be registered and printed. */
export interface CodeDraft extends Repeatable {
  readonly merchant: Merchant;
  /** `static` is paid often; `dynamic` is for one sale and needs an amount and an end. */
  readonly mode: 'static' | 'dynamic';
  /** ISO 4217 alphabetic. */
  readonly currency: string;
  readonly amount?: Money;
  /** 1 to 25 printable characters. */
  readonly reference?: string;
  /** Where it hangs: the merchant's store, 1 to 25 printable characters. */
  readonly store?: string;
  /** The till or table there, 1 to 25 printable characters. */
  readonly terminal?: string;
  readonly expiresAt?: Date;
  /** How often a dynamic code is paid; `single` when absent. */
  readonly uses?: 'single' | 'many';
  /** What the symbol of a dynamic code holds: its text, or a short URL; `emv` when absent. */
  readonly form?: 'emv' | 'url';
}

/** A registered code, ready for print. */
export interface PrintableCode extends MerchantCode {
  /**
   * What goes into the symbol: the payload with the acquirer's signature, when it has a code key; or the URL,
   * where the switch now has the signed document.
   */
  readonly text: string;
}

/** A payer's code, scanned at the till. */
export interface AcceptOptions extends Repeatable {
  /** The 24 digits, or their EMVCo form, unchanged. A secret until used: never log it. */
  readonly payload: string;
  readonly amount: Money;
  readonly merchant: Merchant;
  readonly reference?: string;
  /** The terminal that scanned it; too many wrong codes from one are refused for a while. */
  readonly terminalId?: string;
}

/** The institution that serves merchants. */
export interface Acquirer extends CycleReader {
  /**
   * Registers a code at the switch, checks what came back against the draft and signs it.
   *
   * @throws {SdkError} `CODE_KEY_MISSING` when a code behind a URL cannot be signed
   */
  createCode(draft: CodeDraft): Promise<PrintableCode>;
  code(codeId: string): Promise<MerchantCode>;
  /** Takes a payment from a payer's code. `declined` is an answer, not an error. @throws {SdkError} */
  acceptPayerCode(options: AcceptOptions): Promise<Payment>;
  /** Gives back all or part of a captured purchase, as a new payment. */
  refund(paymentId: string, options: Repeatable & { readonly amount: Money }): Promise<Payment>;
  /**
   * Undoes a captured purchase while its clearing cycle is open. `MERCHANT_REQUESTED` when no reason is
   * given.
   */
  reverse(paymentId: string, options?: Repeatable & { readonly reason?: Reason }): Promise<Payment>;
  payment(paymentId: string): Promise<Payment>;
  positions(): Promise<readonly NetPosition[]>;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** The acquirer's client, without its receiver. */
export function assembleAcquirer(client: SwitchClient, codeKey: SigningKey | undefined): Acquirer {
  return {
    createCode: (draft) => createCode(client, codeKey, draft),
    code: (codeId) => client.read(`/v1/codes/${encodeURIComponent(codeId)}`, decodeMerchantCode),
    acceptPayerCode: ({ payload, amount, merchant, reference, terminalId, idempotencyKey }) => {
      const body = present({
        presentment: 'consumer',
        payload,
        amount: encodeMoney(amount),
        merchant,
        reference,
        terminalId,
      });
      return client.write({ path: '/v1/payments', body, idempotencyKey }, decodePayment);
    },
    refund: (paymentId, { amount, idempotencyKey }) =>
      client.write(
        { path: `${paymentPath(paymentId)}/refunds`, body: { amount: encodeMoney(amount) }, idempotencyKey },
        decodePayment,
      ),
    reverse: (paymentId, { reason = 'MERCHANT_REQUESTED', idempotencyKey } = {}) =>
      client.write(
        { path: `${paymentPath(paymentId)}/reverse`, body: { reason }, idempotencyKey },
        decodePayment,
      ),
    payment: (paymentId) => client.read(paymentPath(paymentId), decodePayment),
    positions: () => readPositions(client),
    ...readCycles(client, '/v1'),
    close: () => client.transport.close(),
  };
}

async function createCode(
  client: SwitchClient,
  codeKey: SigningKey | undefined,
  draft: CodeDraft,
): Promise<PrintableCode> {
  const { merchant, mode, currency, amount, reference, expiresAt, uses, form, idempotencyKey } = draft;
  const { store, terminal } = draft;
  if (form === 'url' && codeKey === undefined) {
    throw new SdkError('CODE_KEY_MISSING', 'A code behind a URL is signed, and there is no key for codes.');
  }
  const body = present({
    merchant,
    mode,
    currency,
    amount: amount && encodeMoney(amount),
    reference,
    store,
    terminal,
    expiresAt: expiresAt?.toISOString(),
    uses,
    form,
  });
  const code = await client.write({ path: '/v1/codes', body, idempotencyKey }, decodeMerchantCode);
  if (form === 'url' && codeKey !== undefined) {
    return { ...(await publishDocument(client, { draft, code, codeKey })), text: code.payload };
  }
  assertPrintsDraft(code, draft);
  return { ...code, text: codeKey === undefined ? code.payload : await signCode(code.payload, codeKey) };
}

/** Signs what was asked for, under the URL that the switch gave, and has the switch serve it there. */
async function publishDocument(
  client: SwitchClient,
  made: { readonly draft: CodeDraft; readonly code: MerchantCode; readonly codeKey: SigningKey },
): Promise<MerchantCode> {
  const { draft, code, codeKey } = made;
  const { codeId, payload: url } = code;
  const { expiresAt } = draft;
  if (readCodeUrl(url)?.codeId !== codeId || expiresAt === undefined) {
    throw new SdkError('ANSWER_BODY_INVALID', 'The registered payload is not the URL of the code.', {
      path: '/payload',
    });
  }
  const document = await signCodeDocument(
    { url, code: printedOf(draft, code), issuedAt: client.now(), expiresAt },
    codeKey,
  );
  const path = `/v1/codes/${encodeURIComponent(codeId)}/document`;
  return client.write({ method: 'PUT', path, body: { document } }, decodeMerchantCode);
}

function printedOf(draft: CodeDraft, { codeId, acquirerNumber: acquirer }: MerchantCode): Printed {
  const { merchant, mode, amount, reference, store, terminal } = draft;
  const { id: merchantId, name, city, category, country } = merchant;
  return present({
    acquirer,
    merchantId,
    codeId,
    name,
    city,
    category,
    country,
    currency: findCurrency(draft.currency)?.numeric ?? '',
    mode,
    amount: amount && formatDecimal(amount),
    reference,
    store,
    terminal,
  });
}

/** Our signature vouches for the payee, so it goes on nothing but what was asked for. */
function assertPrintsDraft(code: MerchantCode, draft: CodeDraft): void {
  const printed = readPrinted(code.payload);
  const { merchant, amount } = draft;
  const currency = findCurrency(printed.currency)?.code;
  const printedAmount =
    printed.amount === undefined ? undefined : parseDecimal(printed.amount, printed.currency);
  const isSame =
    printed.codeId === code.codeId &&
    printed.acquirer === code.acquirerNumber &&
    printed.merchantId === merchant.id &&
    printed.name === merchant.name &&
    printed.city === merchant.city &&
    printed.category === merchant.category &&
    printed.country === merchant.country &&
    printed.mode === draft.mode &&
    currency === draft.currency &&
    printedAmount?.minor === amount?.minor &&
    printed.reference === draft.reference &&
    printed.store === draft.store &&
    printed.terminal === draft.terminal;
  if (!isSame) {
    throw new SdkError('ANSWER_BODY_INVALID', 'The registered payload is not what was asked for.', {
      path: '/payload',
    });
  }
}
