import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Money, Reason } from '@barlink/protocol';
import {
  type Authorization,
  type ClientOptions,
  createIssuer,
  createReceiverServer,
  type Decision,
  type Issuer,
  type OnEvents,
  type ReceiverContext,
  type TlsSettings,
} from '@barlink/sdk';
import { type BankBook, createBankBook } from './bank-book.ts';
import { cut, delay, silence, tamper } from './wire-faults.ts';

/**
 * How a bank treats the authorizations of one account:
 *
 * - `approve`: books and says yes, as long as the balance lasts (`INSUFFICIENT_FUNDS`).
 * - `{ decline }`: says no with the reason.
 * - `{ slowMs }`: approves, but takes its time.
 * - `timeout`: books nothing and never answers; an inquiry finds nothing.
 * - `answerLate`: books at once and answers when the deadline is over; an inquiry finds it approved.
 * - `dropConnection`: books, then cuts the connection; an inquiry finds it approved.
 * - `badSignature`: books, then answers with a signature that does not hold; an inquiry finds it approved.
 * - `unreachable`: books, but answers neither the authorization nor an inquiry; a reversal gives the amount
 * back.
 */
export type AccountBehaviour =
  | 'approve'
  | 'timeout'
  | 'answerLate'
  | 'dropConnection'
  | 'badSignature'
  | 'unreachable'
  | { readonly decline: Reason }
  | { readonly slowMs: number };

/** An account as a scenario sets it up. */
export interface AccountSetup {
  readonly account: string;
  /** In each currency; what is not named is empty. */
  readonly balances: readonly Money[];
  /** `approve` when absent. */
  readonly behaviour?: AccountBehaviour;
  /**
   * Whether wallets get a token; `pending` ones wait until the bank approves them (`issuer.approveToken`).
   */
  readonly tokenApproval?: 'approved' | 'pending' | { readonly decline: Reason };
}

/** Options of {@link createBank}. */
export interface BankOptions extends ClientOptions, TlsSettings {
  readonly accounts: readonly AccountSetup[];
  /** The bank's record; in memory when absent. */
  readonly book?: BankBook;
  readonly onEvents?: OnEvents;
}

/** A simulated bank: it signs, answers, declines and times out for real over HTTP. */
export interface Bank {
  readonly participantId: string;
  /** Its client of the switch. */
  readonly issuer: Issuer;
  readonly book: BankBook;
  /** Starts answering; gives the url to register. */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ readonly url: string }>;
  close(): Promise<void>;
  setBehaviour(account: string, behaviour: AccountBehaviour): void;
  /** Opens an account, or sets an existing one up anew. */
  openAccount(setup: AccountSetup): void;
  /** What the account holds now, in minor units. */
  balance(account: string, currency: string): bigint;
  /** What the bank gave minus what it took in one currency: equals its net position at the switch. */
  net(currency: string): bigint;
}

/** A bank over HTTP whose accounts do what a scenario says. */
export function createBank(options: BankOptions): Bank {
  const { book = createBankBook(), participantId } = options;
  const accounts = new Map<string, AccountSetup>(options.accounts.map((setup) => [setup.account, setup]));
  const state: BankState = { accounts, book, unanswered: new Set() };
  const issuer = createIssuer({
    ...options,
    book,
    // It breaks single answers on purpose, so each has a connection of its own.
    messagesAtOnce: 1,
    onTokenApproval: ({ account }) => {
      const approval = accounts.get(account)?.tokenApproval ?? 'approved';
      if (!accounts.has(account)) {
        return { outcome: 'declined', reason: 'ACCOUNT_CLOSED' };
      }
      if (approval === 'approved') {
        // A simulated bank asks its customer once, as by a code sent to the phone.
        return { outcome: 'approved', assuranceMethod: '11' };
      }
      return approval === 'pending'
        ? { outcome: 'pending' }
        : { outcome: 'declined', reason: approval.decline };
    },
    onAuthorization: (authorization, context) => authorize(state, authorization, context),
    onReversal: ({ paymentId }) => {
      book.undo(paymentId);
    },
  });
  let server: Server | undefined;
  return {
    participantId,
    issuer,
    book,
    listen: async ({ port, host = '127.0.0.1' }) => {
      const { tls, switchId = 'barlink-switch' } = options;
      const started = createReceiverServer(
        (request, response) => {
          if (!isUnanswered(state, request.url)) {
            issuer.handle(request, response);
          }
        },
        { tls, switchId },
      );
      server = started;
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.listen(port, host, 1024, resolve);
      });
      const scheme = tls === undefined ? 'http' : 'https';
      return { url: `${scheme}://${host}:${(started.address() as AddressInfo).port}` };
    },
    close: async () => {
      const stopping = server;
      server = undefined;
      if (stopping !== undefined) {
        await new Promise<void>((resolve) => {
          stopping.close(() => resolve());
          stopping.closeAllConnections();
        });
      }
      await issuer.close();
    },
    setBehaviour: (account, behaviour) => {
      const setup = accounts.get(account) ?? { account, balances: [] };
      accounts.set(account, { ...setup, behaviour });
    },
    openAccount: (setup) => {
      accounts.set(setup.account, setup);
    },
    balance: (account, currency) => balanceOf(state, account, currency),
    net: (currency) => book.net(currency),
  };
}

interface BankState {
  readonly accounts: ReadonlyMap<string, AccountSetup>;
  readonly book: BankBook;
  /** Payments whose inquiries get no answer. */
  readonly unanswered: Set<string>;
}

async function authorize(
  state: BankState,
  authorization: Authorization,
  { response }: ReceiverContext,
): Promise<Decision> {
  const { accounts, book, unanswered } = state;
  const { paymentId, account, kind, amount, deadline } = authorization;
  const setup = accounts.get(account);
  if (setup === undefined) {
    return { outcome: 'declined', reason: 'ACCOUNT_CLOSED' };
  }
  const behaviour = setup.behaviour ?? 'approve';
  if (typeof behaviour === 'object' && 'decline' in behaviour) {
    return { outcome: 'declined', reason: behaviour.decline };
  }
  if (behaviour === 'timeout') {
    silence(response);
    throw new NothingBooked();
  }
  if (typeof behaviour === 'object') {
    await new Promise((resolve) => setTimeout(resolve, behaviour.slowMs));
  }
  if (kind === 'purchase' && balanceOf(state, account, amount.currency) < amount.minor) {
    return { outcome: 'declined', reason: 'INSUFFICIENT_FUNDS' };
  }
  const decision: Decision = { outcome: 'approved', issuerReference: `B${paymentId.slice(-12)}` };
  book.approve({ paymentId, account, kind, amount }, { paymentId, ...decision });
  if (behaviour === 'answerLate') {
    delay(response, deadline.getTime() - Date.now() + 200);
  } else if (behaviour === 'dropConnection') {
    cut(response);
  } else if (behaviour === 'badSignature') {
    tamper(response);
  } else if (behaviour === 'unreachable') {
    silence(response);
    unanswered.add(paymentId);
  }
  return decision;
}

/** The authorization ends without a word: nothing is kept, nothing is booked. */
class NothingBooked extends Error {}

function isUnanswered({ unanswered }: BankState, target = ''): boolean {
  const [, , paymentId = '', action] = target.split('/');
  return action === 'inquiry' && unanswered.has(paymentId);
}

function balanceOf({ accounts, book }: BankState, account: string, currency: string): bigint {
  const opening =
    accounts.get(account)?.balances.find((balance) => balance.currency === currency)?.minor ?? 0n;
  return opening + book.net(currency, account);
}
