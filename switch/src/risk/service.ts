import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database } from '../database/index.ts';
import type { ParticipantRegistry } from '../participants/index.ts';
import { RiskError } from './errors.ts';
import type { CountedPosition, OutflowGuard } from './guard-service.ts';
import {
  decideConfirmation,
  type OutflowLimit,
  type Position,
  renderOutflow,
  renderTrip,
} from './outflow.ts';
import type { OutflowStore } from './store.ts';

/** The operator's say over breakers; every change is recorded with its signed message. */
export interface OutflowService {
  setLimit(message: WriteMessage, limit: Omit<OutflowLimit, 'countedFrom'>): Promise<KeptAnswer>;
  /** All limits with what has flowed out. */
  list(): Promise<readonly CountedPosition[]>;
  /** First of two persons. @throws {RiskError} `OUTFLOW_BREAKER_CLOSED` */
  propose(message: WriteMessage, position: Position, reason: string): Promise<KeptAnswer>;
  /**
   * Second of two persons: closes the breaker.
   *
   * @throws {RiskError} `OUTFLOW_REOPENING_UNKNOWN`, `OUTFLOW_CONFIRMER_SAME`, `OUTFLOW_CONFIRMER_NEW`
   */
  confirm(message: WriteMessage, tripId: string): Promise<KeptAnswer>;
}

/** Use cases on the tables; the guard of this process sees each change at once. */
export function createOutflowService(options: {
  readonly database: Database;
  readonly audit: AuditService;
  readonly store: OutflowStore;
  readonly guard: OutflowGuard;
  readonly registry: ParticipantRegistry;
  readonly now: () => Date;
}): OutflowService {
  const { audit, store, guard, registry, now } = options;

  async function change(
    message: WriteMessage,
    subject: string,
    effect: Parameters<AuditService['once']>[2],
  ): Promise<KeptAnswer> {
    const answer = await audit.once(message, subject, effect);
    await guard.refresh();
    return answer;
  }

  return {
    setLimit: (message, limit) =>
      change(message, limit.participantId, async (connection) => {
        const set = { ...limit, countedFrom: now() };
        await store.setLimit(connection, set);
        return { status: 200, body: JSON.stringify(renderOutflow(set, undefined, undefined)) };
      }),
    async list() {
      await guard.refresh();
      return guard.list();
    },
    propose: (message, position, reason) =>
      change(message, position.participantId, async (connection) => {
        const trip = await store.lockTrip(connection, position);
        if (trip === undefined) {
          throw new RiskError('OUTFLOW_BREAKER_CLOSED');
        }
        const proposal = { by: message.sender, kid: message.kid, reason, at: now() };
        await store.propose(connection, trip.tripId, proposal);
        return { status: 201, body: JSON.stringify(renderTrip({ ...trip, proposal })) };
      }),
    confirm: (message, tripId) =>
      change(message, tripId, async (connection) => {
        const trip = await store.lockTrip(connection, { tripId });
        if (trip === undefined) {
          throw new RiskError('OUTFLOW_REOPENING_UNKNOWN');
        }
        const { sender, kid } = message;
        const key = registry.listKeys(sender).find((candidate) => candidate.kid === kid);
        const decision = decideConfirmation(trip, { kid, registeredAt: key?.registeredAt });
        if (decision !== 'confirmed') {
          throw new RiskError(decision);
        }
        const at = now();
        await store.reopen(connection, trip, { by: sender, kid, at });
        const done = { ...renderTrip(trip), confirmedBy: sender, reopenedAt: at.toISOString() };
        return { status: 200, body: JSON.stringify(done) };
      }),
  };
}
