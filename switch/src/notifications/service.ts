import type { ParticipantId } from '@barlink/protocol';
import type { Beat, Database, Queryable } from '../database/index.ts';
import {
  acknowledgedBy,
  type Delivery,
  type Notification,
  planDeliveries,
  type TakenNotification,
} from './notification.ts';
import type { OutboxStore } from './store.ts';

/** The outbox: what was written with an effect is delivered, at least once, whatever dies in between. */
export interface NotificationService {
  /** Writes notifications in the caller's transaction. */
  write(connection: Queryable, notifications: readonly Notification[]): Promise<void>;
  /** After the commit: deliver these now, without waiting for the next poll. */
  deliverSoon(notifications: readonly Notification[]): void;
  /** Starts polling for what an earlier delivery or process left. */
  start(): void;
  /** Ends deliveries that are under way. */
  stop(): Promise<void>;
  countWaiting(): Promise<number>;
}

/** Poll interval, and how long a fresh notification is left to the process that wrote it. */
const pollMs = 1000;
const ownMs = 5000;
const takeMost = 500;
/** Notifications held in memory for one participant; above it they wait for a poll. */
const laneHeldMax = 5000;
/** And sent to it in one round: reversals travel alone, each with a request of its own. */
const roundMax = 200;

/** What one participant is about to hear. */
interface Lane {
  held: TakenNotification[];
  delivering: Promise<void> | undefined;
}

/** The outbox with a lane per participant. */
export function createNotificationService(options: {
  readonly database: Database;
  readonly store: OutboxStore;
  /** Sends one request; rejects when no answer came. */
  readonly send: (delivery: Delivery) => Promise<{ readonly status: number; readonly value: unknown }>;
  /** Deliveries fall in with it under load, so that one carries more. */
  readonly beat?: Beat | undefined;
  readonly now: () => Date;
  readonly onError: (error: unknown, participantId: ParticipantId | undefined) => void;
  /** Runs work in a later turn of the event loop. */
  readonly soon?: (work: () => void) => unknown;
  /** Runs work again and again; what it gives back ends that. */
  readonly repeat: (work: () => void, everyMs: number) => () => void;
}): NotificationService {
  const { database, store, send, beat, now, onError, soon = setImmediate, repeat } = options;
  // One lane a participant, so that a slow one keeps nobody else waiting.
  const lanes = new Map<ParticipantId, Lane>();
  let stopPolling: (() => void) | undefined;
  let polling: Promise<void> | undefined;

  function later(): Date {
    return new Date(now().getTime() + ownMs);
  }

  function hold(notifications: readonly TakenNotification[]): void {
    for (const notification of notifications) {
      const lane = lanes.get(notification.participantId) ?? { held: [], delivering: undefined };
      lanes.set(notification.participantId, lane);
      if (lane.held.length < laneHeldMax) {
        lane.held.push(notification);
      }
    }
    soon(() => {
      for (const lane of lanes.values()) {
        kick(lane);
      }
    });
  }

  /** While one round is on its way, the next one gathers. */
  function kick(lane: Lane): void {
    lane.delivering ??= drain(lane).finally(() => {
      lane.delivering = undefined;
    });
  }

  async function drain(lane: Lane): Promise<void> {
    while (lane.held.length > 0) {
      await beat?.rest();
      await deliver(lane.held.splice(0, roundMax));
    }
  }

  async function deliver(round: readonly TakenNotification[]): Promise<void> {
    const done: string[] = [];
    const failed: TakenNotification[] = [];
    await Promise.all(
      planDeliveries(round).map(async (delivery) => {
        try {
          const acknowledged = acknowledgedBy(delivery, await send(delivery));
          const left = delivery.notifications.filter(({ id }) => !acknowledged.has(id));
          done.push(...acknowledged);
          failed.push(...left);
          if (left.length > 0) {
            onError(new Error(`${left.length} not acknowledged at ${delivery.path}`), delivery.participantId);
          }
        } catch (error) {
          failed.push(...delivery.notifications);
          onError(error, delivery.participantId);
        }
      }),
    );
    try {
      if (done.length > 0) {
        await store.remove(database, done);
      }
      if (failed.length > 0) {
        await store.postpone(database, failed, now());
      }
    } catch (error) {
      // They stay in the outbox and are delivered once more.
      onError(error, undefined);
    }
  }

  async function poll(): Promise<void> {
    const taken = await store.take(database, { now: now(), until: later(), most: takeMost });
    // Taken when the process was told to stop: somebody else delivers them, later.
    if (stopPolling !== undefined) {
      hold(taken);
    }
  }

  return {
    write: (connection, notifications) =>
      store.insert(connection, notifications, { now: now(), firstPollAt: later() }),
    deliverSoon(notifications) {
      if (stopPolling !== undefined) {
        hold(notifications.map((entry) => ({ attempts: 0, ...entry })));
      }
    },
    start() {
      stopPolling = repeat(() => {
        const onPollError = (error: unknown) => onError(error, undefined);
        polling = Promise.all([polling, poll().catch(onPollError)]).then(() => undefined);
      }, pollMs);
    },
    async stop() {
      stopPolling?.();
      stopPolling = undefined;
      await polling;
      for (const lane of lanes.values()) {
        lane.held = [];
      }
      await Promise.all([...lanes.values()].map((lane) => lane.delivering));
    },
    countWaiting: () => store.count(database),
  };
}
