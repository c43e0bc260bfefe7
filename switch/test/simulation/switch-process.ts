import type { Ledger } from '@barlink/ledger';
import { type AuditService, type AuditStore, createAuditService } from '../../src/audit/index.ts';
import {
  type ClearingService,
  type CycleService,
  type CycleStore,
  createClearingService,
  createCycleCloser,
  createCycleService,
  createRounds,
} from '../../src/clearing/index.ts';
import type { CodeService, CodeStore } from '../../src/codes/index.ts';
import { createBeat, createGroupCommit, type Database, isDatabaseDown } from '../../src/database/index.ts';
import {
  createNotificationService,
  type Delivery,
  type NotificationService,
} from '../../src/notifications/index.ts';
import type { OutboxStore } from '../../src/notifications/store.ts';
import type { ParticipantLine, ParticipantRegistry } from '../../src/participants/index.ts';
import {
  createBatchWriter,
  createConcluder,
  createIssuerLeg,
  createPaymentService,
  createSweeper,
  type JournalItem,
  type JournalResult,
  type PaymentService,
} from '../../src/payments/index.ts';
import type { PaymentStore } from '../../src/payments/store.ts';
import {
  createAdvancer,
  createInquirer,
  createSettlementService,
  findSettlementAgent,
  type SettlementService,
  type SettlementStore,
} from '../../src/settlement/index.ts';
import type { TokenUses } from '../../src/tokens/index.ts';
import { createMemoryCycleStore } from './memory-cycles.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryPaymentStore } from './memory-payments.ts';
import { createMemorySettlementStore } from './memory-settlement.ts';
import {
  createMemoryAuditStore,
  createMemoryCodeStore,
  createMemoryOutboxStore,
  createMemoryPositionStore,
} from './memory-stores.ts';
import type { Life } from './switch-life.ts';

/** What a switch process is made of; a planted bug replaces a piece. */
export interface Pieces {
  readonly audit: AuditStore;
  readonly payments: PaymentStore;
  readonly cycles: CycleStore;
  readonly settlement: SettlementStore;
  /** The ledger as settlement uses it. */
  readonly settlementLedger: Ledger;
  readonly outbox: OutboxStore;
  readonly codeStore: CodeStore;
  readonly tokens: TokenUses;
  readonly ledger: Ledger;
  readonly line: ParticipantLine;
  /** The clock the journal judges the age of payments by. */
  readonly journalNow: () => Date;
}

/** Changes pieces before the process is put together. */
export type Sabotage = (
  pieces: Pieces,
  parts: { readonly database: Database; readonly life: Life },
) => Pieces;

/** What a process does for those who ask it. */
export interface SwitchServices {
  readonly payments: PaymentService;
  readonly cycles: CycleService;
  readonly settlement: SettlementService;
}

/** What comes from outside the process. */
export interface ProcessOptions {
  readonly life: Life;
  readonly database: Database;
  readonly registry: ParticipantRegistry;
  readonly line: ParticipantLine;
  readonly codes: CodeService;
  readonly tokens: TokenUses;
  readonly sabotage: Sabotage;
  readonly onError: (error: unknown) => void;
}

const issuerDeadlineMs = 4000;
const inquiryDeadlineMs = 1500;
const sweepAfterMs = 12_000;
const deliveryDeadlineMs = 5000;
const journalBatchMax = 200;

/** The real services of the switch, wired as in compose.ts, over stores in memory and a simulated line. */
export function startProcess(options: ProcessOptions): SwitchServices {
  const { life, database, registry, onError } = options;
  const { now, newId, soon, repeat } = life;
  const pieces = createPieces(options);
  const { ledger, line, tokens, payments: store } = pieces;
  const beat = createBeat();
  const audit = createAuditService({ database, store: pieces.audit });
  const positions = createMemoryPositionStore();
  const clearing = createClearingService({ database, ledger, audit, store: positions, newId });
  const notifications = createNotificationService({
    database,
    store: pieces.outbox,
    send: (delivery) => deliver(delivery, { registry, line }),
    beat,
    now,
    onError,
    soon,
    repeat,
  });
  const parts = {
    audit: pieces.audit,
    store,
    codes: pieces.codeStore,
    tokens,
    ledger,
    notifications,
    now: pieces.journalNow,
  };
  const write = createBatchWriter({ database, parts });
  const journal = createGroupCommit<JournalItem, JournalResult>({
    commit: (items) => beat.during((rest) => write(items, rest)),
    batchMax: journalBatchMax,
    isLost: isDatabaseDown,
    soon,
  });
  const issuerLeg = createIssuerLeg({ client: line, issuerDeadlineMs, inquiryDeadlineMs, now });
  const shared = { database, registry, journal, now, newId };
  const concluder = createConcluder({ ...shared, store, notifications, issuerLeg });
  const sweeper = createSweeper({ database, store, concluder, sweepAfterMs, now, onError, repeat });
  notifications.start();
  sweeper.start();
  const cycles = startCycles({ options, pieces, audit, clearing, notifications });
  const payments = createPaymentService({
    ...shared,
    audit,
    codes: options.codes,
    tokens,
    routeMoney: clearing.routeMoney,
    assertOutflow: () => undefined,
    parts,
    concluder,
    deliverSoon: (told) => notifications.deliverSoon(told),
  });
  return { payments, ...cycles };
}

/** Clearing cycles and settlement, wired as in compose-clearing.ts. */
function startCycles(parts: {
  readonly options: ProcessOptions;
  readonly pieces: Pieces;
  readonly audit: AuditService;
  readonly clearing: ClearingService;
  readonly notifications: NotificationService;
}): Pick<SwitchServices, 'cycles' | 'settlement'> {
  const { options, pieces, audit, clearing, notifications } = parts;
  const { life, database, registry, onError } = options;
  const { now, newId, repeat } = life;
  const shared = { database, audit, registry, notifications, now, newId, onError };
  const closer = createCycleCloser({ ...shared, store: pieces.cycles });
  const rounds = createRounds({
    work: [closer.round, () => settlement.startClosed(), () => inquirer.round()],
    onError,
    repeat,
  });
  const cycles = createCycleService({ ...shared, store: pieces.cycles, closer, workSoon: rounds.soon });
  const settling = { ...shared, store: pieces.settlement, cycles: cycles.cycles };
  const { getAccounts } = clearing;
  const advancer = createAdvancer({ ...settling, ledger: pieces.settlementLedger, getAccounts });
  const findAgent = () => findSettlementAgent(registry.list());
  const settlement = createSettlementService({ ...settling, advancer, findAgent });
  const inquirer = createInquirer({ ...settling, service: settlement, line: pieces.line });
  rounds.start();
  return { cycles, settlement };
}

function createPieces(options: ProcessOptions): Pieces {
  const { life, database, line, tokens, sabotage } = options;
  const pieces: Pieces = {
    audit: createMemoryAuditStore(),
    payments: createMemoryPaymentStore(),
    cycles: createMemoryCycleStore(),
    settlement: createMemorySettlementStore(),
    settlementLedger: createMemoryLedger(database) as Ledger,
    outbox: createMemoryOutboxStore(),
    codeStore: createMemoryCodeStore(),
    tokens,
    ledger: createMemoryLedger(database) as Ledger,
    line,
    journalNow: life.now,
  };
  return sabotage(pieces, { database, life });
}

async function deliver(
  delivery: Delivery,
  { registry, line }: { readonly registry: ParticipantRegistry; readonly line: ParticipantLine },
) {
  const participant = registry.find(delivery.participantId);
  if (participant === undefined) {
    throw new Error(`${delivery.participantId} is not in the register`);
  }
  return line.post(participant, delivery.path, delivery.body, { deadlineMs: deliveryDeadlineMs });
}
