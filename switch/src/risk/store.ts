import type { ParticipantId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import { firstBucket, type OutflowLimit, type OutflowProposal, type OutflowTrip } from './outflow.ts';

/** What flowed out in one part of a window. */
export interface OutflowPart {
  readonly participantId: ParticipantId;
  readonly currency: string;
  readonly countedFrom: Date;
  readonly bucket: number;
  readonly amountMinor: bigint;
  /** No window counts it after that. */
  readonly forgetAt: Date;
}

/** A limit and what is stored of its window. */
export interface CountedLimit {
  readonly limit: OutflowLimit;
  readonly flownMinor: bigint;
}

/** SQL of the tables `outflow_limits`, `outflow_buckets` and `outflow_trips`. */
export interface OutflowStore {
  addParts(database: Queryable, parts: readonly OutflowPart[]): Promise<void>;
  listLimits(database: Queryable, now: Date): Promise<readonly CountedLimit[]>;
  /** The count goes on, unless the window is another one. */
  setLimit(connection: Queryable, limit: OutflowLimit): Promise<void>;
  /** Opens a breaker; when it is open already, nothing happens. */
  trip(database: Queryable, trip: OutflowTrip): Promise<void>;
  listTrips(database: Queryable): Promise<readonly OutflowTrip[]>;
  /** The open trip of a position, or the one with that id, locked. */
  lockTrip(
    connection: Queryable,
    which: { readonly participantId: string; readonly currency: string } | { readonly tripId: string },
  ): Promise<OutflowTrip | undefined>;
  propose(connection: Queryable, tripId: string, proposal: OutflowProposal): Promise<void>;
  /** Closes a breaker and begins its count anew. */
  reopen(
    connection: Queryable,
    trip: OutflowTrip,
    confirmed: { readonly by: string; readonly kid: string; readonly at: Date },
  ): Promise<void>;
  /** Removes parts that no window counts any more. */
  forget(database: Queryable, now: Date): Promise<void>;
}

/** The store; it holds no state of its own. */
export function createOutflowStore(): OutflowStore {
  return { addParts, listLimits, setLimit, trip, listTrips, lockTrip, propose, reopen, forget };
}

async function addParts(database: Queryable, parts: readonly OutflowPart[]): Promise<void> {
  await database.query({
    name: 'outflow-add',
    text: `insert into outflow_buckets as stored
        (participant_id, currency, counted_from, bucket, amount_minor, forget_at)
      select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::numeric[],
          $6::timestamptz[])
        as part (participant_id, currency, counted_from, bucket, amount_minor, forget_at)
      order by participant_id, currency, counted_from, bucket
      on conflict (participant_id, currency, counted_from, bucket)
        do update set amount_minor = stored.amount_minor + excluded.amount_minor`,
    values: [
      parts.map((part) => part.participantId),
      parts.map((part) => part.currency),
      parts.map((part) => part.countedFrom),
      parts.map((part) => part.bucket),
      parts.map((part) => part.amountMinor.toString()),
      parts.map((part) => part.forgetAt),
    ],
  });
}

interface LimitRow {
  participant_id: ParticipantId;
  currency: string;
  window_seconds: number;
  limit_minor: string;
  counted_from: Date;
  buckets: readonly string[];
  amounts: readonly string[];
}

async function listLimits(database: Queryable, now: Date): Promise<readonly CountedLimit[]> {
  const { rows } = await database.query<LimitRow>({
    name: 'outflow-limits',
    text: `select l.participant_id, l.currency, l.window_seconds, l.limit_minor, l.counted_from,
        coalesce(array_agg(b.bucket::text) filter (where b.bucket is not null), '{}') as buckets,
        coalesce(array_agg(b.amount_minor::text) filter (where b.bucket is not null), '{}') as amounts
      from outflow_limits l left join outflow_buckets b
        on b.participant_id = l.participant_id and b.currency = l.currency
          and b.counted_from = l.counted_from and b.forget_at > $1
      group by l.participant_id, l.currency order by l.currency, l.participant_id`,
    values: [now],
  });
  return rows.map((row) => {
    const limit: OutflowLimit = {
      participantId: row.participant_id,
      currency: row.currency,
      windowSeconds: row.window_seconds,
      limitMinor: BigInt(row.limit_minor),
      countedFrom: row.counted_from,
    };
    const first = firstBucket(now, limit);
    const flownMinor = row.amounts.reduce(
      (sum, amount, at) => (Number(row.buckets[at]) >= first ? sum + BigInt(amount) : sum),
      0n,
    );
    return { limit, flownMinor };
  });
}

async function setLimit(connection: Queryable, limit: OutflowLimit): Promise<void> {
  await connection.query({
    text: `insert into outflow_limits as l
        (participant_id, currency, window_seconds, limit_minor, counted_from)
      values ($1, $2, $3, $4, $5)
      on conflict (participant_id, currency) do update
        set window_seconds = excluded.window_seconds, limit_minor = excluded.limit_minor,
          counted_from = case when l.window_seconds = excluded.window_seconds then l.counted_from
            else excluded.counted_from end`,
    values: [
      limit.participantId,
      limit.currency,
      limit.windowSeconds,
      limit.limitMinor.toString(),
      limit.countedFrom,
    ],
  });
}

async function trip(database: Queryable, opened: OutflowTrip): Promise<void> {
  await database.query({
    text: `insert into outflow_trips
        (trip_id, participant_id, currency, outflow_minor, limit_minor, tripped_at)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (participant_id, currency) where reopened_at is null do nothing`,
    values: [
      opened.tripId,
      opened.participantId,
      opened.currency,
      opened.outflowMinor.toString(),
      opened.limitMinor.toString(),
      opened.trippedAt,
    ],
  });
}

interface TripRow {
  trip_id: string;
  participant_id: ParticipantId;
  currency: string;
  outflow_minor: string;
  limit_minor: string;
  tripped_at: Date;
  proposed_by: string | null;
  proposed_kid: string | null;
  proposed_reason: string | null;
  proposed_at: Date | null;
}

const tripColumns = `trip_id, participant_id, currency, outflow_minor, limit_minor, tripped_at, proposed_by,
  proposed_kid, proposed_reason, proposed_at`;

async function listTrips(database: Queryable): Promise<readonly OutflowTrip[]> {
  const { rows } = await database.query<TripRow>({
    name: 'outflow-trips',
    text: `select ${tripColumns} from outflow_trips where reopened_at is null`,
  });
  return rows.map(toTrip);
}

async function lockTrip(
  connection: Queryable,
  which: { readonly participantId: string; readonly currency: string } | { readonly tripId: string },
): Promise<OutflowTrip | undefined> {
  const { rows } = await connection.query<TripRow>(
    'tripId' in which
      ? {
          text: `select ${tripColumns} from outflow_trips where trip_id = $1 and reopened_at is null
            for update`,
          values: [which.tripId],
        }
      : {
          text: `select ${tripColumns} from outflow_trips
            where participant_id = $1 and currency = $2 and reopened_at is null for update`,
          values: [which.participantId, which.currency],
        },
  );
  return rows.map(toTrip)[0];
}

async function propose(connection: Queryable, tripId: string, proposal: OutflowProposal): Promise<void> {
  await connection.query({
    text: `update outflow_trips set proposed_by = $2, proposed_kid = $3, proposed_reason = $4,
      proposed_at = $5 where trip_id = $1`,
    values: [tripId, proposal.by, proposal.kid, proposal.reason, proposal.at],
  });
}

async function reopen(
  connection: Queryable,
  closed: OutflowTrip,
  confirmed: { readonly by: string; readonly kid: string; readonly at: Date },
): Promise<void> {
  await connection.query({
    text: `update outflow_trips set confirmed_by = $2, confirmed_kid = $3, reopened_at = $4
      where trip_id = $1`,
    values: [closed.tripId, confirmed.by, confirmed.kid, confirmed.at],
  });
  await connection.query({
    text: 'update outflow_limits set counted_from = $3 where participant_id = $1 and currency = $2',
    values: [closed.participantId, closed.currency, confirmed.at],
  });
}

async function forget(database: Queryable, now: Date): Promise<void> {
  await database.query({ text: 'delete from outflow_buckets where forget_at < $1', values: [now] });
}

function toTrip(row: TripRow): OutflowTrip {
  const { proposed_by: by, proposed_kid: kid, proposed_reason: reason, proposed_at: at } = row;
  return {
    tripId: row.trip_id,
    participantId: row.participant_id,
    currency: row.currency,
    outflowMinor: BigInt(row.outflow_minor),
    limitMinor: BigInt(row.limit_minor),
    trippedAt: row.tripped_at,
    proposal:
      by === null || kid === null || reason === null || at === null ? undefined : { by, kid, reason, at },
  };
}
