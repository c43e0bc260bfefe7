import type { Ledger, NewTransfer, TransferResult } from '@barlink/ledger';
import type { Reason } from '@barlink/protocol';
import type { AuditStore, MessageEntry, WriteMessage } from '../audit/index.ts';
import type { CodeStore } from '../codes/index.ts';
import { commitBehind, type Queryable, sentTogether } from '../database/index.ts';
import type { Notification, NotificationService } from '../notifications/index.ts';
import type { PayerCodeClaim, RefusalReason, TokenUseClaim, TokenUses } from '../tokens/index.ts';
import {
  type Decision,
  ledgerCodes,
  type MoneyRoute,
  nextSequence,
  openingAgeMaxMs,
  type Payment,
  type PaymentEvent,
  type PaymentHistory,
} from './payment.ts';
import type { EventEntry, PaymentStore } from './store.ts';
import { changesTokenUses, releaseTokenUses, takeTokenUses } from './token-use-service.ts';

/** First commit of a payment: its signed request and the reservation of its amount. */
export interface Opening {
  readonly kind: 'opening';
  readonly message: WriteMessage;
  readonly payment: Payment;
  readonly route: MoneyRoute;
  /** A dynamic code that this payment takes. */
  readonly takesCode: boolean;
  /** The payer code that this payment uses up. */
  readonly payerCodeUse: PayerCodeClaim | undefined;
  /** What it takes of its token's limits. */
  readonly tokenUse: TokenUseClaim | undefined;
}

/** Second commit: what became of it. */
export interface Conclusion {
  readonly kind: 'conclusion';
  readonly history: PaymentHistory;
  readonly decision: Decision;
  readonly event: PaymentEvent;
  readonly notifications: readonly Notification[];
}

/** What goes into the journal. */
export type JournalItem = Opening | Conclusion;

/**
 * What became of an item. `opened`: reserved; `declined`: recorded with an outcome; `known`: the sender has
 * used the key or the jti before; `outdated`: it came too long after its id was made, nothing was written;
 * `refused`: its token does not let it, nothing was written either;
 * `stored`: the event is in; `overtaken`: another event took its sequence.
 */
export type JournalResult =
  | { readonly result: 'opened' | 'known' | 'outdated' | 'stored' | 'overtaken' }
  | { readonly result: 'declined'; readonly event: PaymentEvent }
  | { readonly result: 'refused'; readonly reason: RefusalReason };

/** What a batch is written with. */
export interface JournalParts {
  readonly audit: AuditStore;
  readonly store: PaymentStore;
  readonly codes: CodeStore;
  readonly tokens: Pick<TokenUses, 'claimPayerCodes' | 'changeTokenUses'>;
  readonly ledger: Ledger;
  readonly notifications: Pick<NotificationService, 'write'>;
  readonly now: () => Date;
}

/**
 * Writes a batch in the caller's transaction: claims first, then new rows and the ledger, then the rows that
 * depend on its results. Statements that need no result of each other are sent together; the connection runs
 * them in the order they are sent. Every batch takes its locks in this order, so batches of several processes
 * do not block each other crosswise.
 *
 * With `commitNow` a batch of which nothing else must be written is committed behind the ledger's statement
 * without waiting for its answer, so that no account is locked while this process does something else.
 * @throws {LedgerError} `LEDGER_NOT_ALL_CREATED` then, if the ledger does not create all; nothing is written
 */
export async function writeBatch(
  connection: Queryable,
  items: readonly JournalItem[],
  parts: JournalParts,
  commitNow?: () => Promise<void>,
): Promise<readonly JournalResult[]> {
  const inTime = listInTime(items, parts.now());
  const taken = new Set<JournalItem>(inTime);
  const conclusions = items.filter((item) => item.kind === 'conclusion');
  const claims = { openings: inTime, conclusions };
  const { openings, refusals, stored, unlet } = await claimAll(connection, claims, parts);
  const concluding = conclusions.filter((conclusion) => stored.has(conclusion));

  const reserving = openings.filter((opening) => refusals.get(opening) === undefined);
  const transfers = [...reserving.map(toReservation), ...concluding.flatMap(toFinalTransfer)];
  const fresh = openings.filter((opening) => refusals.get(opening) !== 'known');
  // The ledger's statement comes last: the accounts it locks are those that other batches wait for.
  const rows = [
    writeOpenings(connection, fresh, parts.store),
    writeNotifications(connection, concluding, parts),
  ] as const;
  if (commitNow !== undefined && transfers.length > 0 && refusals.size === 0 && !concluding.some(isVoid)) {
    await commitBehind([...rows, parts.ledger.createAllTransfers(transfers, connection)], commitNow);
    return items.map((item) => resultOf(item, { declined: new Map(), refusals, stored, taken, unlet }));
  }
  const [, , posted] = await sentTogether([
    ...rows,
    transfers.length === 0 ? Promise.resolve([]) : parts.ledger.createTransfers(transfers, connection),
  ]);
  assertPosted(posted.slice(reserving.length));
  reserving.forEach((opening, at) => {
    if (reservationFailed(posted[at])) {
      refusals.set(opening, 'NET_DEBIT_CAP_EXCEEDED');
    }
  });

  await releaseTokenUses(connection, [...refusals.keys()], parts);
  const declined = decideDeclined(openings, refusals);
  await writeOutcomes(connection, { declined, concluding, parts });
  return items.map((item) => resultOf(item, { declined, refusals, stored, taken, unlet }));
}

/** Openings that did not come too long after their ids were made. */
export function listInTime(items: readonly JournalItem[], now: Date): readonly Opening[] {
  const earliest = now.getTime() - openingAgeMaxMs;
  return items
    .filter((item) => item.kind === 'opening')
    .filter(({ payment }) => payment.createdAt.getTime() >= earliest);
}

type Refusals = Map<Opening, Reason | 'known'>;

/** What a batch could claim. */
interface Claimed {
  /** Those that their tokens let. */
  readonly openings: readonly Opening[];
  readonly refusals: Refusals;
  readonly stored: ReadonlySet<JournalItem>;
  readonly unlet: ReadonlyMap<Opening, RefusalReason>;
}

/**
 * Claims everything, sent together unless uses of tokens are counted: what its token does not let writes
 * nothing.
 */
async function claimAll(
  connection: Queryable,
  batch: { readonly openings: readonly Opening[]; readonly conclusions: readonly Conclusion[] },
  parts: JournalParts,
): Promise<Claimed> {
  const { openings: inTime, conclusions } = batch;
  if (!changesTokenUses(inTime, conclusions)) {
    const [stored, refusals] = await sentTogether([
      claimConclusions(connection, conclusions, parts.store),
      claimOpenings(connection, inTime, parts),
    ]);
    return { openings: inTime, refusals, stored, unlet: new Map() };
  }
  const stored = await claimConclusions(connection, conclusions, parts.store);
  const concluding = conclusions.filter((conclusion) => stored.has(conclusion));
  const unlet = await takeTokenUses(connection, { openings: inTime, concluding }, parts);
  const openings = inTime.filter((opening) => !unlet.has(opening));
  return { openings, refusals: await claimOpenings(connection, openings, parts), stored, unlet };
}

/** Records the signed requests, then takes what can be used only once. */
async function claimOpenings(
  connection: Queryable,
  openings: readonly Opening[],
  parts: JournalParts,
): Promise<Refusals> {
  const refusals: Refusals = new Map();
  if (openings.length === 0) {
    return refusals;
  }
  const isNew = await parts.audit.record(connection, openings.map(toMessageEntry));
  openings.forEach((opening, at) => {
    if (isNew[at] !== true) {
      refusals.set(opening, 'known');
    }
  });
  const fresh = openings.filter((opening) => !refusals.has(opening));
  const takers = fresh.filter(({ takesCode }) => takesCode);
  if (takers.length > 0) {
    const claims = takers.flatMap(({ payment }) =>
      payment.codeId === undefined ? [] : [{ codeId: payment.codeId, paymentId: payment.id }],
    );
    refuseTaken(refusals, takers, await parts.codes.claim(connection, claims), 'CODE_ALREADY_PAID');
  }
  const users = fresh.filter(({ payerCodeUse }) => payerCodeUse !== undefined);
  if (users.length > 0) {
    const uses = users.flatMap(({ payerCodeUse }) => (payerCodeUse === undefined ? [] : [payerCodeUse]));
    refuseTaken(refusals, users, await parts.tokens.claimPayerCodes(connection, uses), 'PAYER_CODE_USED');
  }
  return refusals;
}

function refuseTaken(
  refusals: Refusals,
  openings: readonly Opening[],
  isFree: readonly boolean[],
  reason: Reason,
): void {
  openings.forEach((opening, at) => {
    if (isFree[at] !== true) {
      refusals.set(opening, reason);
    }
  });
}

async function claimConclusions(
  connection: Queryable,
  conclusions: readonly Conclusion[],
  store: PaymentStore,
): Promise<ReadonlySet<JournalItem>> {
  if (conclusions.length === 0) {
    return new Set();
  }
  const isStored = await store.insertEvents(connection, conclusions.map(toEventEntry));
  return new Set(conclusions.filter((_, at) => isStored[at] === true));
}

export function toMessageEntry({ message, payment }: Opening): MessageEntry {
  return { message, subject: payment.id };
}

export function toEventEntry({ history, event }: Conclusion): EventEntry {
  return { paymentId: history.payment.id, event };
}

export function toReservation({ payment, route }: Opening): NewTransfer {
  return {
    id: payment.id,
    ...route,
    amount: payment.amount.minor,
    code: ledgerCodes.payment,
    flags: ['pending'],
  };
}

export function toFinalTransfer({ history, decision, event }: Conclusion): readonly NewTransfer[] {
  const { transferId: id } = event;
  if (id === undefined) {
    return [];
  }
  const { id: pendingId, amount } = history.payment;
  return decision.transfer === 'post'
    ? [{ id, pendingId, amount: amount.minor, flags: ['post_pending_transfer'] }]
    : [{ id, pendingId, flags: ['void_pending_transfer'] }];
}

/** It may free a dynamic code. */
export function isVoid({ decision }: Conclusion): boolean {
  return decision.transfer === 'void';
}

/** A post or void was reserved for, so it cannot be refused; if it is, nothing of the batch may stand. */
function assertPosted(results: readonly TransferResult[]): void {
  for (const { id, result } of results) {
    if (result !== 'created') {
      throw new Error(`the ledger answered ${result} to the final transfer ${id}`);
    }
  }
}

function reservationFailed(result: TransferResult | undefined): boolean {
  switch (result?.result) {
    case 'created':
      return false;
    case 'exceeds_credits':
    case 'exceeds_debits':
      return true;
    default:
      throw new Error(`the ledger answered ${result?.result ?? 'nothing'} to a reservation`);
  }
}

/** The outcome of openings that were refused a reservation or something that can be used only once. */
function decideDeclined(
  openings: readonly Opening[],
  refusals: Refusals,
): ReadonlyMap<JournalItem, PaymentEvent> {
  const declined = new Map<JournalItem, PaymentEvent>();
  for (const opening of openings) {
    const reason = refusals.get(opening);
    if (reason !== undefined && reason !== 'known') {
      const at = opening.payment.createdAt;
      declined.set(opening, {
        sequence: 1,
        state: 'declined',
        reason,
        evidence: undefined,
        transferId: undefined,
        at,
      });
    }
  }
  return declined;
}

export async function writeOpenings(
  connection: Queryable,
  openings: readonly Opening[],
  store: PaymentStore,
): Promise<void> {
  if (openings.length > 0) {
    await store.insertPayments(
      connection,
      openings.map(({ payment }) => payment),
    );
  }
}

/** What participants must hear. */
export async function writeNotifications(
  connection: Queryable,
  concluding: readonly Conclusion[],
  parts: JournalParts,
): Promise<void> {
  const notifications = concluding.flatMap((conclusion) => conclusion.notifications);
  if (notifications.length > 0) {
    await parts.notifications.write(connection, notifications);
  }
}

/** Events of declined openings, and dynamic codes that are free again. */
async function writeOutcomes(
  connection: Queryable,
  outcomes: {
    readonly declined: ReadonlyMap<JournalItem, PaymentEvent>;
    readonly concluding: readonly Conclusion[];
    readonly parts: JournalParts;
  },
): Promise<void> {
  const { concluding, parts } = outcomes;
  const declined = [...outcomes.declined].flatMap(([item, event]) =>
    item.kind === 'opening' ? [{ payment: item.payment, event }] : [],
  );
  if (declined.length > 0) {
    const entries = declined.map(({ payment, event }): EventEntry => ({ paymentId: payment.id, event }));
    await parts.store.insertEvents(connection, entries);
  }
  const ended = concluding.filter(isVoid);
  const freed = [...declined.map(({ payment }) => payment), ...ended.map(({ history }) => history.payment)]
    .filter((payment) => payment.codeId !== undefined)
    .map((payment) => payment.id);
  if (freed.length > 0) {
    await parts.codes.release(connection, freed);
  }
}

function resultOf(
  item: JournalItem,
  context: {
    readonly declined: ReadonlyMap<JournalItem, PaymentEvent>;
    readonly refusals: Refusals;
    readonly stored: ReadonlySet<JournalItem>;
    readonly taken: ReadonlySet<JournalItem>;
    readonly unlet: ReadonlyMap<Opening, RefusalReason>;
  },
): JournalResult {
  if (item.kind === 'conclusion') {
    return { result: context.stored.has(item) ? 'stored' : 'overtaken' };
  }
  if (!context.taken.has(item)) {
    return { result: 'outdated' };
  }
  const reason = context.unlet.get(item);
  if (reason !== undefined) {
    return { result: 'refused', reason };
  }
  const event = context.declined.get(item);
  if (event !== undefined) {
    return { result: 'declined', event };
  }
  return { result: context.refusals.get(item) === 'known' ? 'known' : 'opened' };
}

/** The event a decision becomes. */
export function toEvent(
  history: PaymentHistory,
  decision: Decision,
  made: { readonly at: Date; readonly transferId: string; readonly evidence: PaymentEvent['evidence'] },
): PaymentEvent {
  return {
    sequence: nextSequence(history),
    state: decision.state,
    reason: decision.reason,
    evidence: made.evidence,
    transferId: decision.transfer === 'none' ? undefined : made.transferId,
    at: made.at,
  };
}
