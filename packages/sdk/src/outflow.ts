import { encodeMoney, type Money } from '@barlink/protocol';
import { type Members, present } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';
import type { Repeatable } from './wallet.ts';

/** A limit on what may flow out of a position within a time, and how it stands (spec/guards.md 7). */
export interface Outflow {
  readonly participant: string;
  readonly limit: Money;
  readonly windowSeconds: number;
  /** What has flowed out in the window; absent just after the limit was set. */
  readonly outflow?: Money;
  /** Set while the breaker is open. */
  readonly trip?: OutflowTrip;
}

/** A breaker that has opened. */
export interface OutflowTrip {
  /** What a second person confirms. */
  readonly reopeningId: string;
  readonly participant: string;
  readonly limit: Money;
  readonly outflow: Money;
  readonly trippedAt: Date;
  readonly proposedBy?: string;
  readonly reason?: string;
}

/** The operator's say over breakers of positions. */
export interface OutflowControl {
  outflowLimits(): Promise<readonly Outflow[]>;
  setOutflowLimit(
    participantId: string,
    options: Repeatable & { readonly limit: Money; readonly windowSeconds: number },
  ): Promise<Outflow>;
  /** First of two persons who close an open breaker. */
  proposeOutflowReopening(
    participantId: string,
    options: Repeatable & { readonly currency: string; readonly reason: string },
  ): Promise<OutflowTrip>;
  /** Second of two persons: a client with another key, one that was registered before the breaker opened. */
  confirmOutflowReopening(reopeningId: string, options?: Repeatable): Promise<OutflowTrip>;
}

/** The part of the operator's client that is about outflow. */
export function assembleOutflowControl(client: SwitchClient): OutflowControl {
  const pathOf = (participantId: string) => `/admin/v1/participants/${encodeURIComponent(participantId)}`;
  return {
    outflowLimits: () =>
      client.read('/admin/v1/outflow-limits', (answer) => answer.objects('limits').map(decodeOutflow)),
    setOutflowLimit: (participantId, { limit, windowSeconds, idempotencyKey }) =>
      client.write(
        {
          method: 'PUT',
          path: `${pathOf(participantId)}/outflow-limits`,
          body: { limit: encodeMoney(limit), windowSeconds },
          idempotencyKey,
        },
        decodeOutflow,
      ),
    proposeOutflowReopening: (participantId, { idempotencyKey, ...body }) =>
      client.write({ path: `${pathOf(participantId)}/outflow-reopenings`, body, idempotencyKey }, decodeTrip),
    confirmOutflowReopening: (reopeningId, { idempotencyKey } = {}) =>
      client.write(
        {
          path: `/admin/v1/outflow-reopenings/${encodeURIComponent(reopeningId)}/confirm`,
          body: {},
          idempotencyKey,
        },
        decodeTrip,
      ),
  };
}

function decodeOutflow(from: Members): Outflow {
  const currency = from.text('currency');
  const trip = from.optionalObject('trip');
  return present({
    participant: from.text('participant'),
    limit: { currency, minor: from.integer('limit') },
    windowSeconds: from.count('windowSeconds'),
    outflow:
      from.optionalText('outflow') === undefined ? undefined : { currency, minor: from.integer('outflow') },
    trip: trip && decodeTrip(trip),
  });
}

function decodeTrip(from: Members): OutflowTrip {
  const currency = from.text('currency');
  return present({
    reopeningId: from.text('reopeningId'),
    participant: from.text('participant'),
    limit: { currency, minor: from.integer('limit') },
    outflow: { currency, minor: from.integer('outflow') },
    trippedAt: from.instant('trippedAt'),
    proposedBy: from.optionalText('proposedBy'),
    reason: from.optionalText('reason'),
  });
}
