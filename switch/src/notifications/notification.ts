import type { ParticipantId } from '@barlink/protocol';

/** Something a participant must hear, delivered at least once. */
export interface Notification {
  readonly id: string;
  readonly participantId: ParticipantId;
  /**
   * `event`: one of many in a delivery to /events; `reversal`: alone to /reversals; `instruction`: alone to
   * /settlement-instructions.
   */
  readonly kind: 'event' | 'reversal' | 'instruction';
  /** The event, reversal or instruction as JSON text. */
  readonly body: string;
}

/** A notification taken up for delivery. */
export interface TakenNotification extends Notification {
  /** Deliveries tried before this one. */
  readonly attempts: number;
}

/** What one HTTP request carries. */
export interface Delivery {
  readonly participantId: ParticipantId;
  readonly path: '/events' | '/reversals' | '/settlement-instructions';
  readonly body: unknown;
  readonly notifications: readonly TakenNotification[];
}

/** Most events in one delivery. */
const eventsPerDeliveryMax = 50;

/** Where what is delivered alone goes. */
const pathOf = { reversal: '/reversals', instruction: '/settlement-instructions' } as const;

/** Groups notifications into requests: events of one participant together, in order; all others alone. */
export function planDeliveries(notifications: readonly TakenNotification[]): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  const eventsOf = new Map<ParticipantId, TakenNotification[]>();
  for (const notification of notifications) {
    const { participantId, body, kind } = notification;
    if (kind !== 'event') {
      deliveries.push({
        participantId,
        path: pathOf[kind],
        body: JSON.parse(body),
        notifications: [notification],
      });
      continue;
    }
    const events = eventsOf.get(participantId) ?? [];
    eventsOf.set(participantId, events);
    events.push(notification);
  }
  for (const [participantId, events] of eventsOf) {
    for (let at = 0; at < events.length; at += eventsPerDeliveryMax) {
      const part = events.slice(at, at + eventsPerDeliveryMax);
      const body = { events: part.map((event) => JSON.parse(event.body) as unknown) };
      deliveries.push({ participantId, path: '/events', body, notifications: part });
    }
  }
  return deliveries;
}

/**
 * Which notifications of a delivery an answer acknowledges (spec/messages.md 5): events by their ids, a
 * reversal by the word that it was done, an instruction by any word on it. Whatever is not acknowledged is
 * delivered again.
 */
export function acknowledgedBy(
  { path, notifications }: Delivery,
  answer: { readonly status: number; readonly value: unknown },
): ReadonlySet<string> {
  if (answer.status !== 200 || typeof answer.value !== 'object' || answer.value === null) {
    return new Set();
  }
  const { outcome, accepted } = answer.value as { outcome?: unknown; accepted?: unknown };
  const ids = notifications.map(({ id }) => id);
  if (path === '/reversals') {
    return new Set(outcome === 'reversed' ? ids : []);
  }
  if (path === '/settlement-instructions') {
    const isWord = ['accepted', 'rejected', 'settled'].some((word) => word === outcome);
    return new Set(isWord ? ids : []);
  }
  return new Set(Array.isArray(accepted) ? ids.filter((id) => accepted.includes(id)) : []);
}

/**
 * How long to wait before the next try: 1 s, doubling up to 5 min. It never gives up: a reversal must arrive.
 */
export function backoffMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts, 10), 300_000);
}
