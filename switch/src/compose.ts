import type { Server } from 'node:http';
import { createLedger } from '@barlink/ledger';
import type { PaymentId } from '@barlink/protocol';
import { batchOwnKey } from '@barlink/signing';
import { createAuditService, createAuditStore } from './audit/index.ts';
import { createClearingService, createPositionStore } from './clearing/index.ts';
import { type ComposedCycles, composeCycles } from './compose-clearing.ts';
import { composeCodes } from './compose-codes.ts';
import { composeEvidence } from './compose-evidence.ts';
import { composeLog } from './compose-log.ts';
import { composeOutflow, noteOutflow } from './compose-outflow.ts';
import { certificateSource, closeServer, composeRegister, composeTrust, lineTrust } from './compose-trust.ts';
import { composeVault } from './compose-vault.ts';
import type { Config } from './config.ts';
import { createBeat, createGroupCommit, type Database, isDatabaseDown } from './database/index.ts';
import { deliver } from './deliver.ts';
import {
  createAdmission,
  createApplication,
  createCertificateOwner,
  createFloodGuard,
  createHealth,
  createRateLimit,
  mountRevocationList,
  type Served,
} from './http/index.ts';
import type { SwitchKeys } from './key-files.ts';
import { newId } from './new-id.ts';
import { createNotificationService, createOutboxStore } from './notifications/index.ts';
import {
  type CertificateService,
  createGuardedLine,
  createParticipantClient,
  createParticipantRegistry,
  createParticipantStore,
  type ParticipantService,
} from './participants/index.ts';
import {
  createBatchWriter,
  createConcluder,
  createIssuerLeg,
  createPaymentLookup,
  createPaymentService,
  createPaymentStore,
  createSweeper,
  type JournalItem,
  type JournalResult,
} from './payments/index.ts';
import { repeatInTime, repeatInTurn } from './repeat.ts';
import { createEndpoints } from './routes.ts';
import type { TlsFiles } from './tls-files.ts';

/** A switch that serves, made of real parts; only the database and the keys come from outside. */
export interface ComposedSwitch {
  readonly server: Server;
  /** Health, metrics and the revocation list without TLS. */
  readonly publicServer: Server;
  readonly participants: ParticipantService;
  readonly certificates: CertificateService;
  /** Takes other TLS files for connections from now on. */
  renewTls(files: TlsFiles): Promise<void>;
  /** Starts the deliveries and the sweeper. */
  start(): void;
  /** Takes no new request, lets those at work end, then stops everything. */
  stop(): Promise<void>;
}

/** What a switch is composed of. */
export interface ComposeOptions {
  readonly config: Config;
  readonly database: Database;
  readonly keys: SwitchKeys;
  readonly tls?: TlsFiles | undefined;
  readonly now: () => Date;
  readonly onServed: (served: Served) => void;
  readonly onError: (error: unknown, where: string) => void;
}

/** Payments written in one transaction at the most. */
const journalBatchMax = 200;
/** Payments that may wait for the journal; admission keeps far below it. */
const journalWaitingMax = 4000;
const registryRefreshMs = 1000;
/** A signing key that was put beside the others is found after this long. */
const keyWatchMs = 60 * 1000;
/** Tables for coming days are made, and used-up payer codes forgotten, this often. */
const housekeepingMs = 60 * 60 * 1000;
/** What pending transfers with a timeout reserve is released this often. */
const expireMs = 1000;

/** Wires the modules: no container, every dependency is an argument. */
export async function composeSwitch(options: ComposeOptions): Promise<ComposedSwitch> {
  const base = await composeBase(options);
  const payments = composePayments(base);
  const cycles = composeCycles(base);
  const { server, publicServer, health } = composeHttp(base, { payments, cycles });
  const { registry, notifications, wire, participants } = base;
  const { sweeper } = payments;
  const keepHouse = async () => {
    await base.ledger.preparePartitions();
    await base.vault.uses.forgetPayerCodeUses();
    await base.outflow.store.forget(options.database, options.now());
    await base.revocations.renew();
    await base.vault.keepHouse();
  };
  let stopKeeping: (() => Promise<void>)[] = [];
  return {
    server,
    publicServer,
    participants,
    certificates: base.certificateService,
    renewTls: (files) => base.revocations.replaceFiles(files),
    start() {
      notifications.start();
      sweeper.start();
      base.vault.start();
      cycles.rounds.start();
      base.log.sequencer.start();
      const onError = (error: unknown) => options.onError(error, 'housekeeping');
      const lookForKeys = () => options.keys.signingKeys.reload(options.now());
      const onKeyError = (error: unknown) => options.onError(error, 'signing keys');
      const kept = keepHouse().catch(onError);
      stopKeeping = [
        () => kept,
        repeatInTurn(keepHouse, { everyMs: housekeepingMs, onError }),
        repeatInTurn(() => base.ledger.expirePending(), { everyMs: expireMs, onError }),
        repeatInTurn(lookForKeys, { everyMs: keyWatchMs, onError: onKeyError }),
      ];
    },
    async stop() {
      await Promise.all([server, publicServer].map(closeServer));
      await Promise.all(stopKeeping.map((stop) => stop()));
      await sweeper.stop();
      await base.vault.stop();
      await cycles.rounds.stop();
      await notifications.stop();
      await base.log.sequencer.stop();
      await Promise.all([registry, base.outflow.guard, base.certificates].map((each) => each.stop()));
      health.stop();
      await wire.close();
    },
  };
}

type Base = Awaited<ReturnType<typeof composeBase>>;
type Payments = ReturnType<typeof composePayments>;

/** Everything below payments: who is connected, codes, tokens, positions, the record and the outbox. */
async function composeBase(options: ComposeOptions) {
  const { config, database, keys, now, onError } = options;
  const { switchId } = config;
  // Requests to participants and answers share signatures when many are made at once.
  const signingKey = batchOwnKey(() => keys.signingKeys.current(now()), { issuer: switchId });
  const ledger = createLedger(database.pool, { now });
  const beat = createBeat();
  const participantStore = createParticipantStore();
  const registry = await createParticipantRegistry({
    database,
    store: participantStore,
    refreshMs: registryRefreshMs,
    repeat: repeatInTurn,
    onError: (error) => onError(error, 'registry'),
  });
  const trust = await composeTrust(options);
  const line = {
    switchId,
    signingKey,
    registry,
    connectionsPerParticipant: 128,
    now,
    ...lineTrust(config, trust),
  };
  const wire = createParticipantClient(line);
  const client = createGuardedLine(wire);
  const admission = createAdmission({ heldMax: config.requestsMax });
  const auditStore = createAuditStore();
  const audit = createAuditService({ database, store: auditStore });
  const log = composeLog({ ...options, registry, audit });
  const clearing = createClearingService({ database, ledger, audit, store: createPositionStore(), newId });
  const onOutflow = (error: unknown) => onError(error, 'outflow');
  const outflow = await composeOutflow({ database, audit, registry, now, onError: onOutflow });
  const { openPositions } = clearing;
  const register = composeRegister(options, {
    trust,
    audit,
    store: participantStore,
    registry,
    openPositions,
  });
  const { codeStore, ...merchantCodes } = composeCodes(options, { audit, registry, signingKey });
  const vault = await composeVault({ ...options, audit, registry, client, beat });
  const notifications = createNotificationService({
    database,
    store: createOutboxStore(),
    send: (delivery) => deliver(delivery, { registry, client }),
    beat,
    now,
    repeat: repeatInTime,
    onError: (error, participant) => onError(error, `delivery to ${participant ?? 'all'}`),
  });
  const stores = { audit: auditStore, codes: codeStore };
  const modules = {
    ...trust,
    ...register,
    registry,
    wire,
    client,
    admission,
    outflow,
    audit,
    clearing,
    ...merchantCodes,
    vault,
    notifications,
  };
  return { ...options, ...modules, signingKey, ledger, stores, beat, log };
}

/** Payments on top of it. */
function composePayments(base: Base) {
  const { config, database, now, onError, audit, clearing, codes, vault, registry, notifications } = base;
  const store = createPaymentStore();
  const parts = { ...base.stores, store, tokens: vault.uses, ledger: base.ledger, notifications, now };
  const write = createBatchWriter({ database, parts });
  const journal = createGroupCommit<JournalItem, JournalResult>({
    commit: async (items) => {
      // What is left is to wait for the database, in the end for its disk: time for others' look-ups.
      const results = await base.beat.during((rest) => write(items, rest));
      items.forEach((item, at) => {
        if (item.kind === 'opening') {
          base.admission.passed(item.message);
        } else if (item.decision.transfer === 'post' && results[at]?.result === 'stored') {
          noteOutflow(base.outflow.guard, item);
        }
      });
      return results;
    },
    batchMax: journalBatchMax,
    waitingMax: journalWaitingMax,
    isBeginning: ({ kind }) => kind === 'opening',
    isLost: isDatabaseDown,
    // Payments whose look-ups went out during the last commit travel with the next one.
    settled: base.beat.settled,
  });
  const issuerLeg = createIssuerLeg({ client: base.client, ...config, now });
  const shared = { database, registry, journal, now, newId };
  const concluder = createConcluder({ ...shared, store, notifications, issuerLeg });
  const service = createPaymentService({
    ...shared,
    audit,
    codes,
    tokens: vault.uses,
    routeMoney: clearing.routeMoney,
    assertOutflow: base.outflow.guard.assertClosed,
    parts,
    concluder,
    deliverSoon: (told) => notifications.deliverSoon(told),
  });
  const { sweepAfterMs } = config;
  const sweeper = createSweeper({
    database,
    store,
    concluder,
    sweepAfterMs,
    now,
    repeat: repeatInTime,
    onError: (error) => onError(error, 'sweeper'),
  });
  const lookup = createPaymentLookup({ database, store, beat: base.beat });
  return { service, lookup, sweeper, journal };
}

/** The doors. */
function composeHttp(
  base: Base,
  { payments, cycles }: { readonly payments: Payments; readonly cycles: ComposedCycles },
) {
  const { config, database, keys, signingKey, now, registry, participants, audit, notifications } = base;
  const { certificates, revocations } = base;
  const endpoints = createEndpoints({
    participants: { service: participants, registry, certificates },
    certificates: { service: base.certificateService },
    keys: {
      service: participants,
      keys: base.participantKeys,
      registry,
      switchJwks: () => keys.signingKeys.publish(),
    },
    evidence: { service: composeEvidence({ ...base, payments: payments.service }) },
    codes: { service: base.codes, documents: base.documents, keyset: base.keyset, now },
    tokens: base.vault.endpoints,
    payments: {
      service: payments.service,
      lookup: payments.lookup,
      lookupLimit: createRateLimit({ perSecond: config.lookupsPerSecond }),
      audit,
    },
    clearing: { service: base.clearing, participants },
    cycles: { service: cycles.service },
    log: {
      log: base.log.service,
      partiesOf: async (viewer, paymentId) =>
        (await payments.service.get(viewer, paymentId as PaymentId)).payment,
    },
    settlement: { service: cycles.settlement },
    risk: { service: base.outflow.service, participants },
  });
  const health = createHealth({ isReady: async () => void (await database.query({ text: 'select 1' })) });
  health.gauge('barlink_journal_waiting', 'Payment effects waiting for their commit', () => {
    return payments.journal.pending;
  });
  health.gauge('barlink_outbox_waiting', 'Notifications not yet acknowledged', () => {
    return notifications.countWaiting();
  });
  health.gauge('barlink_admission_window', 'Requests that may wait in the queues of this process', () => {
    return base.admission.window;
  });
  health.gauge('barlink_requests_at_work', 'Requests that have no answer yet', () => base.admission.held);
  health.gauge('barlink_participants_paused', 'Participants not asked because they do not answer', () => {
    return base.client.paused;
  });
  const { server, publicServer, renewTls } = createApplication({
    endpoints,
    registry,
    switchId: config.switchId,
    signingKey,
    floodGuard: createFloodGuard(),
    gateways: config.gateways,
    admission: base.admission,
    answerDeadlineMs: config.answerDeadlineMs,
    now,
    tls: config.tls.mode === 'mutual' ? revocations.material : undefined,
    certificateOwner: createCertificateOwner({ source: certificateSource(config), certificates }),
    mount(app) {
      health.mount(app);
      mountRevocationList(app, () => revocations.list);
    },
    onServed: (served) => {
      health.note(served);
      base.onServed(served);
    },
  });
  revocations.onMaterial = (material) => {
    renewTls(material);
    base.wire.renewTls(material);
  };
  return { server, publicServer, health };
}
