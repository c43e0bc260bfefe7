import { type CycleEventType, type EventType, type ParticipantId, parseJson } from '@barlink/protocol';
import { type KeyFor, type VerifiedMessage, verifyDetached } from '@barlink/signing';
import { type ClearingCycle, decodeCycle } from './cycles.ts';
import { decodePayment, type Payment } from './resources.ts';
import { type Members, readMembers } from './shape.ts';

/** One thing that happened to a payment of this participant. It may come more than once: keep `eventId`. */
export interface PaymentEvent {
  readonly eventId: string;
  readonly type: EventType;
  readonly at: Date;
  readonly payment: Payment;
}

/** A clearing cycle closed or was settled; it holds this participant's own net positions. */
export interface CycleNotice {
  readonly eventId: string;
  readonly type: CycleEventType;
  readonly at: Date;
  readonly cycle: ClearingCycle;
}

/** What the receiver of a webhook knows. */
export interface VerifyWebhookOptions {
  /** The receiving participant. */
  readonly participantId: string | ParticipantId;
  /** Finds the switch's key: from its JWKS, or pinned. */
  readonly keyFor: KeyFor;
  /** Path and query exactly as received. */
  readonly target: string;
  readonly now: Date;
}

/** A webhook of the switch that verified. */
export interface VerifiedWebhook {
  readonly message: VerifiedMessage;
  readonly events: readonly PaymentEvent[];
  readonly cycles: readonly CycleNotice[];
}

/**
 * Verifies and reads a delivery of events, for receivers that have an HTTP server of their own. Answer it
 * with `{ "accepted": [eventId ...] }`, signed with `signAnswer` over the answer's bytes with `message.jti`
 * as request id.
 *
 * @param payload the body exactly as received
 * @param signature the header `Barlink-Signature`
 * @throws {SigningError} as `verifyDetached`; {ProtocolError} when the body is no delivery of events
 */
export async function verifyWebhook(
  payload: Uint8Array,
  signature: string | undefined,
  options: VerifyWebhookOptions,
): Promise<VerifiedWebhook> {
  const { participantId, keyFor, target, now } = options;
  const message = await verifyDetached(payload, signature, {
    keyFor,
    audience: participantId,
    method: 'POST',
    target,
    now,
  });
  const { events, cycles } = decodeEvents(readMembers(parseJson(payload)));
  return { message, events, cycles };
}

const eventTypes = [
  'payment.captured',
  'payment.declined',
  'payment.reversed',
  'refund.captured',
  'refund.declined',
  'refund.reversed',
] as const satisfies readonly EventType[];

const cycleEventTypes = ['cycle.closed', 'cycle.settled'] as const satisfies readonly CycleEventType[];

/** A delivery, sorted; of a newer switch's events that nobody here knows there is the id only. */
export interface Delivered {
  readonly eventIds: readonly string[];
  readonly events: readonly PaymentEvent[];
  readonly cycles: readonly CycleNotice[];
}

/** Reads an EventDelivery. @throws {ProtocolError} `MESSAGE_SHAPE_INVALID` */
export function decodeEvents(from: Members): Delivered {
  const all = from.objects('events');
  const ofTypes = (types: readonly string[]) => all.filter((event) => types.includes(event.text('type')));
  return {
    eventIds: all.map((event) => event.text('eventId')),
    events: ofTypes(eventTypes).map((event) => ({
      eventId: event.text('eventId'),
      type: event.oneOf('type', eventTypes),
      at: event.instant('at'),
      payment: decodePayment(event.object('payment')),
    })),
    cycles: ofTypes(cycleEventTypes).map((event) => ({
      eventId: event.text('eventId'),
      type: event.oneOf('type', cycleEventTypes),
      at: event.instant('at'),
      cycle: decodeCycle(event.object('cycle')),
    })),
  };
}
