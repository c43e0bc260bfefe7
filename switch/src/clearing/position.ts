import { findCurrency, type ParticipantId, type Position } from '@barlink/protocol';

/** The ledger accounts of a participant in one currency. */
export interface PositionAccounts {
  readonly participantId: ParticipantId;
  readonly currency: string;
  readonly positionAccountId: string;
  readonly capAccountId: string;
  readonly onUsDebitAccountId: string;
  readonly onUsCreditAccountId: string;
}

/** Balances of a ledger account, in minor units. */
export interface Balances {
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
}

/** What a ledger account or transfer of clearing stands for (`code` in the ledger). */
export const ledgerCodes = { position: 1, cap: 2, onUs: 3 } as const;

/** The ledger of a currency is its ISO 4217 number. */
export function ledgerOf(currency: string): number {
  return Number(findCurrency(currency)?.numeric);
}

/** Where in the ledger an amount leaves and arrives. */
export interface MoneyRoute {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly ledger: number;
}

/** From position to position; what stays within one participant touches no position (spec/payments.md 5). */
export function decideMoneyRoute(from: PositionAccounts, to: PositionAccounts): MoneyRoute {
  const ledger = ledgerOf(from.currency);
  return from.participantId === to.participantId
    ? { debitAccountId: from.onUsDebitAccountId, creditAccountId: to.onUsCreditAccountId, ledger }
    : { debitAccountId: from.positionAccountId, creditAccountId: to.positionAccountId, ledger };
}

/** What a change of the cap moves: up credits the position from the cap account, down gives it back. */
export function decideCapTransfer(
  accounts: PositionAccounts,
  change: bigint,
): { readonly debitAccountId: string; readonly creditAccountId: string; readonly amount: bigint } {
  const { capAccountId, positionAccountId } = accounts;
  return change > 0n
    ? { debitAccountId: capAccountId, creditAccountId: positionAccountId, amount: change }
    : { debitAccountId: positionAccountId, creditAccountId: capAccountId, amount: -change };
}

/** The cap that the cap account holds the other side of. */
export function capOf(cap: Balances): bigint {
  return cap.debitsPosted - cap.creditsPosted;
}

/** spec/payments.md 5. */
export function renderPosition(accounts: PositionAccounts, position: Balances, cap: Balances): Position {
  const netDebitCap = capOf(cap);
  const net = position.creditsPosted - position.debitsPosted - netDebitCap;
  return {
    participant: accounts.participantId,
    currency: accounts.currency,
    net: net.toString(),
    netDebitCap: netDebitCap.toString(),
    reserved: position.debitsPending.toString(),
    headroom: (netDebitCap + net - position.debitsPending).toString(),
  };
}
