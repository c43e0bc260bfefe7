import type { Money } from '@barlink/protocol';
import type { Acquirer, PrintableCode } from './acquirer.ts';
import type { Merchant as MerchantDescription, Payment } from './resources.ts';
import type { Repeatable } from './wallet.ts';

/** Options of {@link createMerchant}. */
export interface MerchantOptions {
  /** The acquirer that serves this merchant: its client. */
  readonly acquirer: Acquirer;
  readonly merchant: MerchantDescription;
  /** ISO 4217 alphabetic: what the merchant is paid in. */
  readonly currency: string;
  readonly now?: () => Date;
}

/** A sale shown on a screen. */
export interface DynamicCodeOptions extends Repeatable {
  /** Minor units of the merchant's currency. */
  readonly amountMinor: bigint;
  readonly reference?: string;
  /** Where it hangs: the store, 1 to 25 printable characters. The signature covers it. */
  readonly store?: string;
  /** The till or table there, 1 to 25 printable characters. The signature covers it. */
  readonly terminal?: string;
  /** 5 minutes when absent. */
  readonly validMs?: number;
  /** `many` for a sum that each of a group pays; `single` when absent. */
  readonly uses?: 'single' | 'many';
  /** `url` keeps the symbol small; `emv` when absent. */
  readonly form?: 'emv' | 'url';
}

/** A code for a poster or a label. */
export interface StaticCodeOptions extends Repeatable {
  /** Minor units; the payer types the amount when absent. */
  readonly amountMinor?: bigint;
  readonly reference?: string;
  /** Where it hangs: the store, 1 to 25 printable characters. The signature covers it. */
  readonly store?: string;
  /** The till or table there, 1 to 25 printable characters. The signature covers it. */
  readonly terminal?: string;
}

/** A payee: shows codes, takes payers' codes, gives money back. */
export interface MerchantClient {
  readonly description: MerchantDescription;
  staticCode(options?: StaticCodeOptions): Promise<PrintableCode>;
  dynamicCode(options: DynamicCodeOptions): Promise<PrintableCode>;
  /** Takes a payment from a payer's code that the till has scanned. */
  accept(
    options: Repeatable & {
      readonly payload: string;
      readonly amountMinor: bigint;
      readonly reference?: string;
    },
  ): Promise<Payment>;
  refund(paymentId: string, options: Repeatable & { readonly amountMinor: bigint }): Promise<Payment>;
}

const dynamicValidMs = 5 * 60 * 1000;

/**
 * A merchant of an acquirer.
 *
 * @example
 * const teahouse = createMerchant({ acquirer, currency: 'CNY', merchant: { id: 'TEA-1', name: 'Teahouse',
 *   city: 'Chengdu', category: '5812', country: 'CN' } });
 * const { text } = await teahouse.staticCode();
 */
export function createMerchant(options: MerchantOptions): MerchantClient {
  const { acquirer, merchant, currency, now = () => new Date() } = options;
  const money = (minor: bigint): Money => ({ currency, minor });
  return {
    description: merchant,
    staticCode: ({ amountMinor, ...rest } = {}) =>
      acquirer.createCode({
        merchant,
        mode: 'static',
        currency,
        ...(amountMinor === undefined ? {} : { amount: money(amountMinor) }),
        ...rest,
      }),
    dynamicCode: ({ amountMinor, validMs = dynamicValidMs, ...rest }) =>
      acquirer.createCode({
        merchant,
        mode: 'dynamic',
        currency,
        amount: money(amountMinor),
        expiresAt: new Date(now().getTime() + validMs),
        ...rest,
      }),
    accept: ({ amountMinor, ...rest }) =>
      acquirer.acceptPayerCode({ merchant, amount: money(amountMinor), ...rest }),
    refund: (paymentId, { amountMinor, ...rest }) =>
      acquirer.refund(paymentId, { amount: money(amountMinor), ...rest }),
  };
}
