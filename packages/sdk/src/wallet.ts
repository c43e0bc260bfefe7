import { readCodeUrl, decodeMerchantCode as readMerchantCode } from '@barlink/codes';
import { encodeMoney, type Money, type PayerCodeProvision, parseDecimal } from '@barlink/protocol';
import {
  type Cryptogram,
  createCryptogram,
  createPayerCode,
  nextPayerCode,
  type PayerCode,
  type PayerCodeMemory,
  readDeviceKey,
  readProvision,
} from '@barlink/tokens';
import { createDocumentSource } from './code-document.ts';
import { createCodeKeysetCache } from './code-keyset.ts';
import {
  decodeMerchantCode,
  decodePayment,
  decodePosition,
  type MerchantCode,
  type NetPosition,
  type Payment,
} from './resources.ts';
import { type Scan, scanText } from './scan.ts';
import { type Members, present } from './shape.ts';
import { type ClientOptions, newMessageId, type SwitchClient } from './switch-client.ts';
import { type WalletTokenActions, walletTokenActions } from './token-actions.ts';

/** Options of `createWallet`. */
export interface WalletOptions extends ClientOptions {
  /** A keyset stored from an earlier run, to verify codes with before there is a network. */
  readonly keyset?: string;
  /**
   * Where the switch's codes behind URLs lie, exactly as its operator set it up: `https://pay.example/c/`.
   * `/c/` of `switchUrl` when absent. No other URL is ever opened.
   */
  readonly codeUrl?: string;
  /** How long the document of such a code may take, in milliseconds; 3 s when absent. */
  readonly codeTimeoutMs?: number;
}

/** Makes a write repeatable: the same key and the same content get the same answer again. */
export interface Repeatable {
  /** A UUIDv7 of `newIdempotencyKey`, kept with the decision to send; a new one when absent. */
  readonly idempotencyKey?: string;
}

/** A payment of a scanned merchant code. */
export interface PayOptions extends Repeatable {
  /** The scanned text, unchanged. */
  readonly payload: string;
  readonly tokenId: string;
  /** Needed when the code has none; with a device also for a code behind a URL, whose amount `scan` gives. */
  readonly amount?: Money;
  /** The device that confirms the payment; needed when the token asks for cryptograms. */
  readonly device?: SigningDevice;
}

/** A device with a token on it. */
export interface SigningDevice {
  /** Of its token; only the device key matters here. */
  readonly provision: Pick<PayerCodeProvision, 'deviceKey'>;
  /** Counts its cryptograms: 1 for the first, one more each time, kept over restarts of the app. */
  readonly counter: number;
}

/** A registered code, and whether its acquirer's signature was on what was scanned. */
export interface ResolvedCode {
  readonly code: MerchantCode;
  readonly trust: 'verified' | 'unsigned';
}

/** The app side of the network: scan, show, pay, know the outcome. */
export interface Wallet extends WalletTokenActions {
  /**
   * Recognises any text and verifies a unified code, offline when the keyset is at hand. Never throws for the
   * text.
   */
  scan(text: string): Promise<Scan>;
  /** Asks the switch what a scanned code is and whether it can be paid. */
  resolve(payload: string): Promise<ResolvedCode>;
  /** Pays a merchant's code. `declined` is an answer, not an error. @throws {SdkError} */
  pay(options: PayOptions): Promise<Payment>;
  payment(paymentId: string): Promise<Payment>;
  /**
   * Makes the payer's one-time code, offline. `counter` counts the codes the device has made: one more each
   * time, kept over restarts of the app.
   *
   * @throws {TokenError} `PAYER_DEVICE_INVALID`, `PAYER_CODE_COUNTER_INVALID`
   */
  showPayerCode(provision: PayerCodeProvision, counter: number): PayerCode;
  /**
   * The next code of a device that never shows one twice. Store `memory` before the code is shown, and begin
   * with `freshPayerCodeMemory`.
   *
   * @throws {TokenError} `PAYER_CODE_STEP_EXHAUSTED` until the next 30 seconds begin, `PAYER_DEVICE_INVALID`
   */
  nextPayerCode(
    provision: PayerCodeProvision,
    memory: PayerCodeMemory,
  ): { readonly code: PayerCode; readonly memory: PayerCodeMemory };
  positions(): Promise<readonly NetPosition[]>;
  /** The signed keyset at hand, to be stored and given to `createWallet` at the next start. */
  keyset(): string | undefined;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** The wallet on any transport. */
export function assembleWallet(
  client: SwitchClient,
  options: Pick<WalletOptions, 'switchUrl' | 'keyset' | 'codeUrl' | 'codeTimeoutMs'>,
): Wallet {
  const keysets = createCodeKeysetCache(client, options.keyset);
  const { switchUrl, codeUrl, codeTimeoutMs: timeoutMs } = options;
  const documents = createDocumentSource({ switchUrl, codeUrl, timeoutMs });
  return {
    scan: (text) => scanText(text, { keysets, documents, now: client.now }),
    resolve: (payload) => client.ask({ path: '/v1/codes/resolve', body: { payload } }, decodeResolved),
    pay: (payment) => {
      const {
        payload,
        tokenId,
        amount,
        device,
        idempotencyKey = newMessageId(client.key(), client.now()),
      } = payment;
      const body = present({
        presentment: 'merchant',
        payload,
        tokenId,
        amount: amount && encodeMoney(amount),
        cryptogram: device && signPayment(payment, { idempotencyKey, device }),
      });
      return client.write({ path: '/v1/payments', body, idempotencyKey }, decodePayment);
    },
    payment: (paymentId) => client.read(paymentPath(paymentId), decodePayment),
    ...walletTokenActions(client),
    showPayerCode: (provision, counter) =>
      createPayerCode({ ...readProvision(provision), now: client.now(), counter }),
    nextPayerCode: (provision, memory) =>
      nextPayerCode({ ...readProvision(provision), now: client.now(), memory }),
    positions: () => readPositions(client),
    keyset: () => keysets.text(),
    close: () => client.transport.close(),
  };
}

/** The caller's own positions. */
export function readPositions(client: SwitchClient): Promise<readonly NetPosition[]> {
  return client.read('/v1/positions', (answer) => answer.objects('positions').map(decodePosition));
}

/** The path of a payment. */
export function paymentPath(paymentId: string): string {
  return `/v1/payments/${encodeURIComponent(paymentId)}`;
}

/** The device's word for a payment; the amount is the code's when the payer types none. */
function signPayment(
  options: PayOptions,
  request: { readonly idempotencyKey: string; readonly device: SigningDevice },
): Cryptogram | undefined {
  const { payload, tokenId } = options;
  const { idempotencyKey, device } = request;
  const amount = options.amount ?? readAmount(payload);
  if (amount === undefined) {
    // Nothing to confirm: the switch will say that an amount is missing.
    return undefined;
  }
  const deviceKey = readDeviceKey(device.provision);
  return createCryptogram({ tokenId, payload, idempotencyKey, amount, deviceKey, counter: device.counter });
}

function readAmount(payload: string): Money | undefined {
  if (readCodeUrl(payload) !== undefined) {
    return undefined;
  }
  const { amount, currency } = readMerchantCode(payload);
  return amount === undefined ? undefined : parseDecimal(amount, currency);
}

function decodeResolved(answer: Members): ResolvedCode {
  return {
    code: decodeMerchantCode(answer.object('code')),
    trust: answer.oneOf('trust', ['verified', 'unsigned']),
  };
}
