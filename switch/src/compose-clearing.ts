import type { Ledger } from '@barlink/ledger';
import type { AuditService } from './audit/index.ts';
import {
  type ClearingService,
  createCycleCloser,
  createCycleService,
  createCycleStore,
  createRounds,
} from './clearing/index.ts';
import type { Database } from './database/index.ts';
import { newId } from './new-id.ts';
import type { NotificationService } from './notifications/index.ts';
import type { ParticipantLine, ParticipantRegistry } from './participants/index.ts';
import { repeatInTime } from './repeat.ts';
import {
  createAdvancer,
  createInquirer,
  createSettlementService,
  createSettlementStore,
  findSettlementAgent,
} from './settlement/index.ts';

/** What clearing cycles and settlement are wired to. */
interface CyclesBase {
  readonly database: Database;
  readonly audit: AuditService;
  readonly notifications: NotificationService;
  readonly registry: ParticipantRegistry;
  readonly client: ParticipantLine;
  readonly clearing: ClearingService;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly onError: (error: unknown, where: string) => void;
}

/** Clearing cycles and their settlement, as the doors and the start need them. */
export type ComposedCycles = ReturnType<typeof composeCycles>;

/** Clearing cycles and their settlement beside them. */
export function composeCycles(base: CyclesBase) {
  const { database, audit, notifications, registry, now, onError } = base;
  const store = createCycleStore();
  const closer = createCycleCloser({ database, store, notifications, now, newId });
  const onRoundError = (error: unknown) => onError(error, 'clearing');
  const rounds = createRounds({
    work: [closer.round, () => settlement.startClosed(), () => inquirer.round()],
    repeat: repeatInTime,
    onError: onRoundError,
  });
  const service = createCycleService({ database, store, audit, closer, workSoon: rounds.soon, now });
  const { cycles } = service;
  const shared = { database, cycles, audit, registry, notifications, now, newId };
  const settlementStore = createSettlementStore();
  const { getAccounts } = base.clearing;
  const advancer = createAdvancer({ ...shared, store: settlementStore, ledger: base.ledger, getAccounts });
  const findAgent = () => findSettlementAgent(registry.list());
  const settlement = createSettlementService({ ...shared, store: settlementStore, advancer, findAgent });
  const inquirer = createInquirer({
    ...shared,
    store: settlementStore,
    service: settlement,
    line: base.client,
    onError: onRoundError,
  });
  return { service, settlement, rounds };
}
