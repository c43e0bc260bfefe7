import type { ParticipantId } from '@barlink/protocol';

/** A position: what flows out of it is counted. */
export interface Position {
  readonly participantId: ParticipantId;
  readonly currency: string;
}

/** How much may flow out of a position within a time. */
export interface OutflowLimit extends Position {
  readonly windowSeconds: number;
  readonly limitMinor: bigint;
  /** What flowed out before does not count. */
  readonly countedFrom: Date;
}

/** A breaker that is open, and how far its reopening has come. */
export interface OutflowTrip extends Position {
  readonly tripId: string;
  readonly outflowMinor: bigint;
  readonly limitMinor: bigint;
  readonly trippedAt: Date;
  readonly proposal: OutflowProposal | undefined;
}

/** Who wants a breaker closed again, and why. */
export interface OutflowProposal {
  readonly by: string;
  readonly kid: string;
  readonly reason: string;
  readonly at: Date;
}

/** A window is counted in so many parts, so that it slides by one of them. */
const partsPerWindow = 60;

/** How a window is counted. */
type Window = Pick<OutflowLimit, 'windowSeconds' | 'countedFrom'>;

/** The part of a window's time an instant falls in; negative before the count was begun. */
export function bucketOf(at: Date, { windowSeconds, countedFrom }: Window): number {
  return Math.floor(((at.getTime() - countedFrom.getTime()) * partsPerWindow) / (windowSeconds * 1000));
}

/** The oldest part that still counts. */
export function firstBucket(now: Date, window: Window): number {
  return Math.max(bucketOf(now, window) - partsPerWindow + 1, 0);
}

/** A position as a key of maps. */
export function keyOf({ participantId, currency }: Position): string {
  return `${participantId} ${currency}`;
}

/** Whether somebody may confirm a proposal (spec/guards.md 7.4). */
export function decideConfirmation(
  trip: OutflowTrip,
  confirmer: { readonly kid: string; readonly registeredAt: Date | undefined },
): 'confirmed' | 'OUTFLOW_REOPENING_UNKNOWN' | 'OUTFLOW_CONFIRMER_SAME' | 'OUTFLOW_CONFIRMER_NEW' {
  if (trip.proposal === undefined) {
    return 'OUTFLOW_REOPENING_UNKNOWN';
  }
  if (trip.proposal.kid === confirmer.kid) {
    return 'OUTFLOW_CONFIRMER_SAME';
  }
  const isNew = confirmer.registeredAt === undefined || confirmer.registeredAt >= trip.trippedAt;
  return isNew ? 'OUTFLOW_CONFIRMER_NEW' : 'confirmed';
}

/** A limit with what has flowed out in its window, as the operator sees it. */
export function renderOutflow(
  limit: OutflowLimit,
  flownMinor: bigint | undefined,
  trip: OutflowTrip | undefined,
) {
  return {
    participant: limit.participantId,
    currency: limit.currency,
    windowSeconds: limit.windowSeconds,
    limit: limit.limitMinor.toString(),
    ...(flownMinor === undefined ? {} : { outflow: flownMinor.toString() }),
    ...(trip === undefined ? {} : { trip: renderTrip(trip) }),
  };
}

/** A trip as the operator sees it. */
export function renderTrip(trip: OutflowTrip) {
  const { proposal } = trip;
  return {
    reopeningId: trip.tripId,
    participant: trip.participantId,
    currency: trip.currency,
    outflow: trip.outflowMinor.toString(),
    limit: trip.limitMinor.toString(),
    trippedAt: trip.trippedAt.toISOString(),
    ...(proposal === undefined
      ? {}
      : { proposedBy: proposal.by, reason: proposal.reason, proposedAt: proposal.at.toISOString() }),
  };
}
