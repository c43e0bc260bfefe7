import type { Ledger } from '@barlink/ledger';
import { formatUuid7, type PaymentResource } from '@barlink/protocol';
import { createAuditService } from '../../src/audit/index.ts';
import { createClearingService } from '../../src/clearing/index.ts';
import { checkClearing } from './check-clearing.ts';
import { checkMoney } from './check-money.ts';
import { checkPayments, checkSingleUse, checkWishes, type Ended } from './check-payments.ts';
import { checkSettlement } from './check-settlement.ts';
import type { FixedFaults } from './faults.ts';
import { createHistory, type History } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryAuditStore, createMemoryPositionStore } from './memory-stores.ts';
import { drawNetwork, type NetworkPlan } from './network-plan.ts';
import type { AgentSabotage } from './sim-agent.ts';
import type { IssuerSabotage } from './sim-issuer.ts';
import { type SimNetwork, startNetwork } from './sim-network.ts';
import { createSimOperator } from './sim-operator.ts';
import type { Senders } from './sim-senders.ts';
import { scheduleWishes } from './sim-wishes.ts';
import type { Sabotage } from './switch-process.ts';
import { createWorld, type World } from './world.ts';

/** What to run. */
export interface SimulationOptions {
  readonly seed: number;
  readonly payments: number;
  /** A planted bug in the switch. */
  readonly sabotage?: Sabotage;
  /** A planted bug in an issuer. */
  readonly issuerSabotage?: IssuerSabotage;
  /** A planted bug in the settlement agent. */
  readonly agentSabotage?: AgentSabotage;
  /** Rates of trouble that are not left to chance. */
  readonly fixed?: FixedFaults;
  readonly keepsLines?: boolean;
}

/** What came of it. */
export interface SimulationResult {
  readonly seed: number;
  /** Empty when every side agrees. */
  readonly violations: readonly string[];
  /** The same seed gives the same hash. */
  readonly traceHash: string;
  /** What each payment went through, in order. */
  readonly lives: readonly string[];
  /** What each settlement instruction went through. */
  readonly instructions: readonly string[];
  /** Cycles that were settled, and amounts that were carried into another one. */
  readonly cycles: number;
  readonly carries: number;
  readonly crashes: number;
  readonly lines: readonly string[];
}

const betweenWishesMs = 400;
/** How long trouble may still come after the last wish. */
const troubleAfterMs = 10_000;
/** How long everything may take to come to rest once the trouble is over. */
const restMs = 40 * 60 * 1000;

/** Runs one seed from an empty database to rest, and compares all sides. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, payments, sabotage = (pieces) => pieces, issuerSabotage = {}, fixed = {} } = options;
  const { agentSabotage = {} } = options;
  const world = createWorld({ seed, keepsLines: options.keepsLines === true });
  const plan = drawNetwork(world.chance);
  const history = createHistory();
  const engine = createMemoryEngine({
    now: () => new Date(world.nowMs()),
    onCommit: (rows) => {
      world.trace(`commit ${rows.map(({ table, key }) => `${table} ${key}`).join(', ')}`);
      history.add(rows);
    },
  });
  await openPositions(world, engine, plan);
  const wishesMs = payments * betweenWishesMs;
  const troubleMs = wishesMs + troubleAfterMs;
  const captured: PaymentResource[] = [];
  const network = startNetwork({
    ...{ world, engine, plan, troubleMs, sabotage, issuerSabotage, agentSabotage, fixed },
    onEvent: (listener, { payment }) => {
      if (payment.kind === 'purchase' && payment.state === 'captured' && payment.acquirer === listener) {
        captured.push(payment);
      }
    },
  });
  const { senders, faults } = network;
  scheduleWishes({ world, plan, senders, payments, forMs: wishesMs, captured });
  let isTroubleOver = false;
  const operator = createSimOperator({
    ...{ world, faults, id: plan.operator, history, requests: network.requests, troubleMs },
    areSendersDone: () => isTroubleOver && senders.areSettled() && history.open.size === 0,
  });
  world.after(troubleMs, () => {
    isTroubleOver = true;
  });
  await world.run(() => isTroubleOver, restMs);
  faults.heal();
  world.trace('trouble is over');
  const isAtRest = () =>
    senders.areSettled() && history.open.size === 0 && history.waiting.size === 0 && operator.isDone();
  const isRested = await world.run(isAtRest, restMs);
  network.stop();
  const rest = isRested ? [] : [`no rest: ${restlessness(history, senders)}`];
  return toResult({
    seed,
    world,
    history,
    network,
    violations: [...rest, ...compare(plan, history, network)],
  });
}

/** All sides, each with its own books. */
function compare(plan: NetworkPlan, history: History, network: SimNetwork): readonly string[] {
  const { senders, issuers, listeners, agent, ownFaults } = network;
  const dynamic = plan.codes.filter(({ mode }) => mode === 'dynamic').map(({ codeId }) => codeId);
  const { wishes } = senders;
  const ended: Ended = { history, wishes, issuers, listeners, agent, dynamicCodes: new Set(dynamic) };
  return [
    ...senders.conflictsMissed,
    ...checkWishes(ended),
    ...checkPayments(ended),
    ...checkSingleUse(ended),
    ...checkMoney(ended),
    ...checkClearing(ended),
    ...checkSettlement(ended),
    ...ownFaults,
  ];
}

function toResult(run: {
  readonly seed: number;
  readonly world: World;
  readonly history: History;
  readonly network: SimNetwork;
  readonly violations: readonly string[];
}): SimulationResult {
  const { seed, world, history, network, violations } = run;
  return {
    seed,
    violations,
    traceHash: world.traceHash(),
    lives: [...history.payments.keys()].map((id) =>
      history
        .eventsOf(id)
        .map(({ state }) => state)
        .join(' '),
    ),
    instructions: history.clearing.instructions.map(({ row }) => {
      const own = history.clearing.words.filter((word) => word.row.instructionId === row.id);
      return [row.direction, ...own.map((word) => word.row.state)].join(' ');
    }),
    cycles: history.clearing.opened.size - 1,
    carries: history.clearing.carries.length,
    crashes: network.crashes(),
    lines: world.lines,
  };
}

function restlessness(history: History, senders: Senders): string {
  const asking = senders.wishes.filter(({ isSettled }) => !isSettled).length;
  return `${asking} wishes unanswered, ${history.open.size} payments open, ${history.waiting.size} to be told, cycle ${history.clearing.openCycle()} open`;
}

/** The real clearing service opens the positions, before anything goes wrong. */
async function openPositions(world: World, engine: MemoryEngine, plan: NetworkPlan): Promise<void> {
  const { database } = createMemoryDatabase({ engine, connectionsMax: 1 });
  const audit = createAuditService({ database, store: createMemoryAuditStore() });
  const clearing = createClearingService({
    database,
    audit,
    ledger: createMemoryLedger(database) as Ledger,
    store: createMemoryPositionStore(),
    newId: () => formatUuid7(world.nowMs(), world.chance.bytes(10)),
  });
  await database.transaction(async (connection) => {
    for (const id of new Set([...plan.issuers, ...plan.acquirers])) {
      await clearing.openPositions(connection, id, [plan.cap]);
    }
  });
}
