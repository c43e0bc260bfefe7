import type { ClearingSchedule, CycleResource, ObligationResource } from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import type { CycleCloser } from './closing-service.ts';
import {
  type Carry,
  type Cycle,
  type CycleNet,
  renderCycle,
  renderObligation,
  type Viewer,
} from './cycle.ts';
import type { CycleStore } from './cycle-store.ts';
import { ClearingError } from './errors.ts';
import { assertSchedule, noSchedule } from './schedule.ts';

/** Clearing cycles for those who look at them, for the operator, and for settlement. */
export interface CycleService {
  /** @throws {ClearingError} `CYCLE_UNKNOWN`, `CYCLE_STATE_CONFLICT` */
  close(message: WriteMessage, cycleId: number): Promise<KeptAnswer>;
  /** @throws {ClearingError} `SCHEDULE_TIME_ZONE_UNKNOWN`, `SCHEDULE_CUT_OFF_INVALID` */
  setSchedule(message: WriteMessage, schedule: ClearingSchedule): Promise<KeptAnswer>;
  getSchedule(): Promise<ClearingSchedule>;
  /** Latest first; `after` is where the page before ended. */
  list(
    viewer: Viewer,
    after: number | undefined,
  ): Promise<{ readonly cycles: readonly CycleResource[]; readonly next?: number }>;
  /** @throws {ClearingError} `CYCLE_UNKNOWN` */
  get(viewer: Viewer, cycleId: number): Promise<CycleResource>;
  /** @throws {ClearingError} `CYCLE_UNKNOWN` */
  listObligations(
    viewer: Viewer,
    wanted: { readonly cycleId: number; readonly after: string | undefined },
  ): Promise<{ readonly obligations: readonly ObligationResource[]; readonly next?: string }>;
  readonly cycles: SettledCycles;
}

/** What settlement does with cycles, in its own transactions. */
export interface SettledCycles
  extends Pick<CycleStore, 'lock' | 'find' | 'enter' | 'listUnsettled' | 'insertCarries'> {
  listNets(database: Queryable, cycleId: number): Promise<readonly CycleNet[]>;
}

const cyclesPerPage = 50;
const obligationsPerPage = 200;

/** Cycles on their tables. */
export function createCycleService(options: {
  readonly database: Database;
  readonly store: CycleStore;
  readonly audit: AuditService;
  readonly closer: CycleCloser;
  /** Ends the closing behind the answer to the operator. */
  readonly workSoon: () => void;
  readonly now: () => Date;
}): CycleService {
  const { database, store, audit, closer, workSoon, now } = options;

  async function get(cycleId: number): Promise<Cycle> {
    const cycle = await store.find(database, cycleId);
    if (cycle === undefined) {
      throw new ClearingError('CYCLE_UNKNOWN');
    }
    return cycle;
  }

  return {
    async close(message, cycleId) {
      const answer = await audit.once(message, `cycle ${cycleId}`, async (connection) => {
        const cycle = await closer.cutOff(connection, cycleId);
        return { status: 202, body: JSON.stringify(renderCycle(cycle, [])) };
      });
      workSoon();
      return answer;
    },
    async setSchedule(message, schedule) {
      assertSchedule(schedule);
      return audit.once(message, 'clearing schedule', async (connection) => {
        await store.insertSchedule(connection, schedule, now());
        return { status: 200, body: JSON.stringify(schedule) };
      });
    },
    getSchedule: async () => (await store.findSchedule(database)) ?? noSchedule,
    async list(viewer, after) {
      const found = await store.list(database, { after, most: cyclesPerPage });
      const ids = found.map(({ id }) => id);
      const nets = await store.listNets(database, ids, viewer);
      const cycles = found.map((cycle) =>
        renderCycle(
          cycle,
          nets.filter(({ cycleId }) => cycleId === cycle.id),
        ),
      );
      const last = ids.at(-1);
      return { cycles, ...(last !== undefined && ids.length === cyclesPerPage ? { next: last } : {}) };
    },
    async get(viewer, cycleId) {
      const cycle = await get(cycleId);
      return renderCycle(cycle, await store.listNets(database, [cycleId], viewer));
    },
    async listObligations(viewer, { cycleId, after }) {
      await get(cycleId);
      const most = obligationsPerPage;
      const found = await store.listObligations(database, { cycleId, viewer, after, most });
      const last = found.at(-1)?.paymentId;
      return {
        obligations: found.map(renderObligation),
        ...(last !== undefined && found.length === most ? { next: last } : {}),
      };
    },
    cycles: {
      lock: store.lock,
      find: store.find,
      enter: store.enter,
      listUnsettled: store.listUnsettled,
      insertCarries: (connection, carries: readonly Carry[]) =>
        carries.length === 0 ? Promise.resolve() : store.insertCarries(connection, carries),
      listNets: (source, cycleId) => store.listNets(source, [cycleId], 'operator'),
    },
  };
}
