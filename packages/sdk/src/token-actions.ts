import { type AssuranceMethod, encodeMoney, type PayerCodeProvision } from '@barlink/protocol';
import { type Members, present } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';
import {
  type CreatedToken,
  decodeCreatedToken,
  decodeInspectedToken,
  decodeOnlineCode,
  decodeProvision,
  decodeToken,
  type InspectedToken,
  type OnlinePayerCode,
  type Token,
  type TokenControls,
} from './token-resources.ts';
import type { Repeatable } from './wallet.ts';

/** What a wallet asks a token for. */
export interface TokenDraft extends Repeatable, Partial<TokenControls> {
  /** Participant that holds the account. */
  readonly issuer: string;
  /** The account as that participant knows it. */
  readonly account: string;
  /** `by_wallet`: approved, it is inactive until `activateToken`. `at_once` when absent. */
  readonly activation?: 'at_once' | 'by_wallet';
}

/** Other controls for a token: all of them; what is absent is not limited, an absent `expiresAt` stays. */
export type ControlChange = Repeatable & Partial<TokenControls>;

/** What a token's wallet and its issuer may both do with it. */
export interface TokenActions {
  token(tokenId: string): Promise<Token>;
  suspendToken(tokenId: string, options?: Repeatable): Promise<Token>;
  resumeToken(tokenId: string, options?: Repeatable): Promise<Token>;
  deleteToken(tokenId: string, options?: Repeatable): Promise<Token>;
  /** Changes what it is good for: the issuer as it likes, the wallet to less only. */
  controlToken(tokenId: string, change: ControlChange): Promise<Token>;
}

/** What only a token's wallet does with it. */
export interface WalletTokenActions extends TokenActions {
  /** Makes a token for an account its issuer approves. The answer's `payerCode` is given once. */
  createToken(draft: TokenDraft): Promise<CreatedToken>;
  /** Makes an inactive token active: the device is ready. */
  activateToken(tokenId: string, options?: Repeatable): Promise<Token>;
  /** New handles in the place of the shown ones; `device_lost` ends the old device at once. */
  replaceHandles(
    tokenId: string,
    options: Repeatable & { readonly cause: 'used' | 'device_lost' },
  ): Promise<PayerCodeProvision>;
  /** A payer code of the switch's making, for 60 seconds. */
  issuePayerCode(tokenId: string, options?: Repeatable): Promise<OnlinePayerCode>;
}

/** What only a token's issuer does with it. */
export interface IssuerTokenActions extends TokenActions {
  /** Ends the verification of the account holder that was `pending` when the token was asked for. */
  approveToken(
    tokenId: string,
    options?: Repeatable & { readonly assuranceMethod?: AssuranceMethod },
  ): Promise<Token>;
  /** The token with its history and the payments it refused, with the reason nobody else is told. */
  inspectToken(tokenId: string): Promise<InspectedToken>;
}

/** What a token's wallet and its issuer may both do with it. */
export function tokenActions(client: SwitchClient): TokenActions {
  const act = (tokenId: string, action: 'suspend' | 'resume', { idempotencyKey }: Repeatable) =>
    client.write({ path: `${tokenPath(tokenId)}/${action}`, body: {}, idempotencyKey }, decodeToken);
  return {
    token: (tokenId) => client.read(tokenPath(tokenId), decodeToken),
    suspendToken: (tokenId, options = {}) => act(tokenId, 'suspend', options),
    resumeToken: (tokenId, options = {}) => act(tokenId, 'resume', options),
    deleteToken: (tokenId, { idempotencyKey } = {}) =>
      client.write({ method: 'DELETE', path: tokenPath(tokenId), idempotencyKey }, decodeToken),
    controlToken: (tokenId, { idempotencyKey, ...controls }) =>
      client.write(
        {
          method: 'PUT',
          path: `${tokenPath(tokenId)}/controls`,
          body: encodeControls(controls),
          idempotencyKey,
        },
        decodeToken,
      ),
  };
}

/** What a wallet does with its tokens. */
export function walletTokenActions(client: SwitchClient): WalletTokenActions {
  const write = <Value>(
    path: string,
    body: object,
    options: { readonly idempotencyKey?: string | undefined; readonly decode: (from: Members) => Value },
  ) => client.write({ path, body, idempotencyKey: options.idempotencyKey }, options.decode);
  return {
    ...tokenActions(client),
    createToken: ({ issuer, account, activation, idempotencyKey, ...controls }) =>
      write('/v1/tokens', present({ issuer, account, activation, ...encodeControls(controls) }), {
        idempotencyKey,
        decode: decodeCreatedToken,
      }),
    activateToken: (tokenId, options = {}) =>
      write(`${tokenPath(tokenId)}/activate`, {}, { ...options, decode: decodeToken }),
    replaceHandles: (tokenId, { cause, ...options }) =>
      write(`${tokenPath(tokenId)}/payer-code-handles`, { cause }, { ...options, decode: decodeProvision }),
    issuePayerCode: (tokenId, options = {}) =>
      write('/v1/payer-codes', { tokenId }, { ...options, decode: decodeOnlineCode }),
  };
}

/** What an issuer does with tokens for its accounts. */
export function issuerTokenActions(client: SwitchClient): IssuerTokenActions {
  return {
    ...tokenActions(client),
    approveToken: (tokenId, { idempotencyKey, assuranceMethod } = {}) =>
      client.write(
        { path: `${tokenPath(tokenId)}/approve`, body: present({ assuranceMethod }), idempotencyKey },
        decodeToken,
      ),
    inspectToken: (tokenId) => client.read(`${tokenPath(tokenId)}/history`, decodeInspectedToken),
  };
}

function encodeControls(controls: Partial<TokenControls>): object {
  const { paymentLimit, useLimits, expiresAt, ...rest } = controls;
  return present({
    ...rest,
    paymentLimit: paymentLimit && encodeMoney(paymentLimit),
    useLimits: useLimits?.map(({ amount, ...limit }) =>
      present({ ...limit, amount: amount && encodeMoney(amount) }),
    ),
    expiresAt: expiresAt?.toISOString(),
  });
}

function tokenPath(tokenId: string): string {
  return `/v1/tokens/${encodeURIComponent(tokenId)}`;
}
