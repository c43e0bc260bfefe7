import { encodeMoney, type Money, type PayerCodeProvision, type Presentment } from '@barlink/protocol';
import { createPayerCode, type PayerCode, readProvision } from '@barlink/tokens';
import { createCodeKeysetCache } from './code-keyset.ts';
import {
  type CreatedToken,
  decodeCreatedToken,
  decodeMerchantCode,
  decodePayment,
  decodePosition,
  decodeToken,
  type MerchantCode,
  type NetPosition,
  type Payment,
  type Token,
} from './resources.ts';
import { type Scan, scanText } from './scan.ts';
import { type Members, present } from './shape.ts';
import type { ClientOptions, SwitchClient } from './switch-client.ts';

/** Options of `createWallet`. */
export interface WalletOptions extends ClientOptions {
  /** A keyset stored from an earlier run, to verify codes with before there is a network. */
  readonly keyset?: string;
}

/** Makes a write repeatable: the same key and the same content get the same answer again. */
export interface Repeatable {
  /** A UUIDv7 of `newIdempotencyKey`, kept with the decision to send; a new one when absent. */
  readonly idempotencyKey?: string;
}

/** What a wallet asks a token for. */
export interface TokenDraft extends Repeatable {
  /** Participant that holds the account. */
  readonly issuer: string;
  /** The account as that participant knows it. */
  readonly account: string;
  readonly presentments?: readonly Presentment[];
  readonly paymentLimit?: Money;
  readonly expiresAt?: Date;
}

/** A payment of a scanned merchant code. */
export interface PayOptions extends Repeatable {
  /** The scanned text, unchanged. */
  readonly payload: string;
  readonly tokenId: string;
  /** Needed when the code has none. */
  readonly amount?: Money;
}

/** A registered code, and whether its acquirer's signature was on what was scanned. */
export interface ResolvedCode {
  readonly code: MerchantCode;
  readonly trust: 'verified' | 'unsigned';
}

/** The app side of the network: scan, show, pay, know the outcome. */
export interface Wallet {
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
  /** Makes a token for an account its issuer approves. The answer's `payerCode` is given once. */
  createToken(draft: TokenDraft): Promise<CreatedToken>;
  token(tokenId: string): Promise<Token>;
  suspendToken(tokenId: string, options?: Repeatable): Promise<Token>;
  resumeToken(tokenId: string, options?: Repeatable): Promise<Token>;
  deleteToken(tokenId: string, options?: Repeatable): Promise<Token>;
  /**
   * Makes the payer's one-time code, offline. `counter` counts the codes the device has made: one more each
   * time, kept over restarts of the app.
   *
   * @throws {TokenError} `PAYER_DEVICE_INVALID`, `PAYER_CODE_COUNTER_INVALID`
   */
  showPayerCode(provision: PayerCodeProvision, counter: number): PayerCode;
  positions(): Promise<readonly NetPosition[]>;
  /** The signed keyset at hand, to be stored and given to `createWallet` at the next start. */
  keyset(): string | undefined;
  /** Lets go of the connections. */
  close(): Promise<void>;
}

/** The wallet on any transport. */
export function assembleWallet(
  client: SwitchClient,
  options: { readonly keyset?: string | undefined },
): Wallet {
  const keysets = createCodeKeysetCache(client, options.keyset);
  return {
    scan: (text) => scanText(text, { keysets, now: client.now }),
    resolve: (payload) => client.ask({ path: '/v1/codes/resolve', body: { payload } }, decodeResolved),
    pay: ({ payload, tokenId, amount, idempotencyKey }) =>
      client.write(
        {
          path: '/v1/payments',
          body: {
            presentment: 'merchant',
            payload,
            tokenId,
            ...(amount === undefined ? {} : { amount: encodeMoney(amount) }),
          },
          idempotencyKey,
        },
        decodePayment,
      ),
    payment: (paymentId) => client.read(paymentPath(paymentId), decodePayment),
    createToken: (draft) => createToken(client, draft),
    ...tokenActions(client),
    showPayerCode: (provision, counter) =>
      createPayerCode({ ...readProvision(provision), now: client.now(), counter }),
    positions: () => readPositions(client),
    keyset: () => keysets.text(),
    close: () => client.transport.close(),
  };
}

/** What a token's wallet and its issuer may both do with it. */
export function tokenActions(
  client: SwitchClient,
): Pick<Wallet, 'token' | 'suspendToken' | 'resumeToken' | 'deleteToken'> {
  const act = (tokenId: string, action: 'suspend' | 'resume', { idempotencyKey }: Repeatable) =>
    client.write({ path: `${tokenPath(tokenId)}/${action}`, body: {}, idempotencyKey }, decodeToken);
  return {
    token: (tokenId) => client.read(tokenPath(tokenId), decodeToken),
    suspendToken: (tokenId, options = {}) => act(tokenId, 'suspend', options),
    resumeToken: (tokenId, options = {}) => act(tokenId, 'resume', options),
    deleteToken: (tokenId, { idempotencyKey } = {}) =>
      client.write({ method: 'DELETE', path: tokenPath(tokenId), idempotencyKey }, decodeToken),
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

function tokenPath(tokenId: string): string {
  return `/v1/tokens/${encodeURIComponent(tokenId)}`;
}

function createToken(client: SwitchClient, draft: TokenDraft): Promise<CreatedToken> {
  const { issuer, account, presentments, paymentLimit, expiresAt, idempotencyKey } = draft;
  const body = present({
    issuer,
    account,
    presentments,
    paymentLimit: paymentLimit && encodeMoney(paymentLimit),
    expiresAt: expiresAt?.toISOString(),
  });
  return client.write({ path: '/v1/tokens', body, idempotencyKey }, decodeCreatedToken);
}

function decodeResolved(answer: Members): ResolvedCode {
  return {
    code: decodeMerchantCode(answer.object('code')),
    trust: answer.oneOf('trust', ['verified', 'unsigned']),
  };
}
