import type { PaymentId } from '@barlink/protocol';
import type { PositionAccounts } from '../../src/clearing/position.ts';
import type { Payment, PaymentEvent } from '../../src/payments/payment.ts';
import { type ClearingHistory, createClearingHistory } from './clearing-history.ts';
import type { CommittedRow } from './memory-engine.ts';
import type { TransferRow } from './memory-ledger.ts';
import type { MessageRow } from './memory-stores.ts';

/** What the database durably went through, read from its commits and from nothing else. */
export interface History {
  add(rows: readonly CommittedRow[]): void;
  readonly payments: ReadonlyMap<PaymentId, Payment>;
  eventsOf(id: PaymentId): readonly PaymentEvent[];
  /** In the order in which they were committed. */
  readonly transfers: readonly TransferRow[];
  /** By sender and key. */
  readonly messages: ReadonlyMap<string, MessageRow>;
  readonly positions: readonly PositionAccounts[];
  /** Notifications that wait for delivery. */
  readonly waiting: ReadonlySet<string>;
  /** Payments whose outcome is open. */
  readonly open: ReadonlySet<PaymentId>;
  readonly clearing: ClearingHistory;
  /** Payments that are captured and were not reversed. */
  capturedNow(): readonly PaymentId[];
  /** Which commit captured a payment. */
  capturedAt(id: PaymentId): number;
}

/** An empty history. */
export function createHistory(): History {
  const payments = new Map<PaymentId, Payment>();
  const events = new Map<string, PaymentEvent[]>();
  const transfers: TransferRow[] = [];
  const messages = new Map<string, MessageRow>();
  const positions: PositionAccounts[] = [];
  const waiting = new Set<string>();
  const open = new Set<PaymentId>();
  const captures = new Map<PaymentId, number>();
  const clearing = createClearingHistory();
  let commits = 0;

  function addRow({ table, key, row }: CommittedRow): void {
    switch (table) {
      case 'payments':
        payments.set(key as PaymentId, row as Payment);
        open.add(key as PaymentId);
        return;
      case 'events': {
        const [id = ''] = key.split(' ');
        const list = events.get(id) ?? [];
        events.set(id, list);
        list.push(row as PaymentEvent);
        return;
      }
      case 'transfers':
        transfers.push(row as TransferRow);
        return;
      case 'messages':
        messages.set(key, row as MessageRow);
        return;
      case 'positions':
        positions.push(row as PositionAccounts);
        return;
      case 'outbox':
        if (row === undefined) {
          waiting.delete(key);
        } else {
          waiting.add(key);
        }
        return;
      default:
    }
  }

  return {
    add(rows) {
      commits += 1;
      for (const row of rows) {
        addRow(row);
        clearing.add(row, commits);
      }
      for (const { table, key, row } of rows) {
        if (table === 'events' && (row as PaymentEvent).state !== 'unknown') {
          const [id] = key.split(' ') as [PaymentId];
          open.delete(id);
          if ((row as PaymentEvent).state === 'captured') {
            captures.set(id, commits);
          } else {
            captures.delete(id);
          }
        }
      }
    },
    payments,
    eventsOf: (id) => events.get(id) ?? [],
    transfers,
    messages,
    positions,
    waiting,
    open,
    clearing,
    capturedNow: () => [...captures.keys()],
    capturedAt: (id) => captures.get(id) ?? 0,
  };
}
