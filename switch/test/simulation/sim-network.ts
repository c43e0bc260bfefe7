import type { Event } from '@barlink/protocol';
import { isDatabaseDown } from '../../src/database/index.ts';
import { ParticipantSilence } from '../../src/participants/index.ts';
import { drawFaults, type Faults, type FixedFaults } from './faults.ts';
import { createMemoryDatabase, type MemoryDatabase } from './memory-database.ts';
import type { MemoryEngine } from './memory-engine.ts';
import { type NetworkPlan, toCodes, toRegistry, toTokens } from './network-plan.ts';
import { type AgentSabotage, createSimAgent, type SimAgent } from './sim-agent.ts';
import { createSimIssuer, type Honesty, type IssuerSabotage, type SimIssuer } from './sim-issuer.ts';
import { createSimListener, type SimListener } from './sim-listener.ts';
import { createRequests, type Requests } from './sim-requests.ts';
import { createSenders, type Door, type Senders } from './sim-senders.ts';
import { beginLife, type Life } from './switch-life.ts';
import { createSimulatedLine, type Receiver } from './switch-line.ts';
import { type Sabotage, type SwitchServices, startProcess } from './switch-process.ts';
import type { World } from './world.ts';

/** Switch processes, participants and the network between them. */
export interface SimNetwork {
  readonly faults: Faults;
  readonly senders: Senders;
  readonly issuers: readonly SimIssuer[];
  readonly listeners: readonly SimListener[];
  readonly agent: SimAgent;
  readonly requests: Requests;
  /** Faults of the switch's own that came to light on the way. */
  readonly ownFaults: readonly string[];
  crashes(): number;
  stop(): void;
}

/** What a network is made of. */
export interface SimNetworkOptions {
  readonly world: World;
  readonly engine: MemoryEngine;
  readonly plan: NetworkPlan;
  readonly troubleMs: number;
  readonly sabotage: Sabotage;
  readonly issuerSabotage: IssuerSabotage;
  readonly agentSabotage: AgentSabotage;
  readonly fixed: FixedFaults;
  readonly onEvent: (listener: string, event: Event) => void;
}

interface Process extends Door {
  start(): void;
  breakConnections(): void;
  stop(): void;
  readonly crashes: () => number;
}

const processNames = ['switch-1', 'switch-2'];

/** Starts everything. */
export function startNetwork(options: SimNetworkOptions): SimNetwork {
  const { world, plan, troubleMs } = options;
  const receivers = new Map<string, Receiver>();
  const ownFaults: string[] = [];
  const processes: Process[] = [];
  const faults = drawFaults(world, {
    troubleMs,
    fixed: options.fixed,
    sides: [...processNames, ...plan.participants.map(({ id }) => id)],
    breakAll: () => {
      for (const { breakConnections } of processes) {
        breakConnections();
      }
    },
  });
  const { issuers, listeners } = createParticipants(options, faults);
  for (const receiver of [...listeners, ...issuers]) {
    receivers.set(receiver.id, receiver);
  }
  const note = (error: unknown) => {
    if (isOwnFault(error)) {
      ownFaults.push(String(error));
    }
  };
  processes.push(...processNames.map((name) => createProcess(name, { ...options, faults, receivers, note })));
  const requests = createRequests({ world, faults, doors: processes, onError: note });
  const agent = createSimAgent({
    ...{ world, faults, id: plan.agent, sabotage: options.agentSabotage, requests: () => requests },
    honesty: world.chance.isLikely(0.2) ? world.chance.pick(['confused', 'lying'] as const) : 'honest',
  });
  receivers.set(agent.id, agent);
  for (const { start } of processes) {
    start();
  }
  return {
    agent,
    requests,
    faults,
    senders: createSenders({ world, faults, doors: processes, onError: note }),
    issuers,
    listeners,
    ownFaults,
    crashes: () => processes.reduce((sum, { crashes }) => sum + crashes(), 0),
    stop() {
      for (const { stop } of processes) {
        stop();
      }
    },
  };
}

/** One that is issuer and acquirer both answers as an issuer and listens as an acquirer. */
function createParticipants(options: SimNetworkOptions, faults: Faults) {
  const { world, plan, issuerSabotage, onEvent } = options;
  const { chance } = world;
  const honesty = (): Honesty =>
    chance.isLikely(0.15) ? chance.pick(['confused', 'lying'] as const) : 'honest';
  const listening = new Map(
    [...plan.acquirers, ...plan.wallets].map((id) => [
      id as string,
      createSimListener({ world, faults, id, onEvent: (event) => onEvent(id, event) }),
    ]),
  );
  const issuers = plan.issuers.map((id): SimIssuer => {
    const issuer = createSimIssuer({ world, faults, id, honesty: honesty(), sabotage: issuerSabotage });
    return {
      ...issuer,
      receive(path, message, answer) {
        const receiver = path === '/events' ? (listening.get(id) ?? issuer) : issuer;
        receiver.receive(path, message, answer);
      },
    };
  });
  return { issuers, listeners: [...listening.values()] };
}

/** A process that is started again some time after it died. */
function createProcess(
  name: string,
  options: SimNetworkOptions & {
    readonly faults: Faults;
    readonly receivers: ReadonlyMap<string, Receiver>;
    readonly note: (error: unknown) => void;
  },
): Process {
  const { world, engine, plan, faults, receivers, sabotage, note } = options;
  let running: { life: Life; services: SwitchServices; connections: MemoryDatabase } | undefined;
  let crashes = 0;
  const registry = toRegistry(plan);

  function start(): void {
    const life = beginLife({ world, faults, name, onCrash });
    const connections = createMemoryDatabase({ engine, connectionsMax: faults.connections, wire: life.wire });
    const services = startProcess({
      life,
      database: connections.database,
      registry,
      line: createSimulatedLine({ world, faults, life, receivers }),
      codes: toCodes(plan),
      tokens: toTokens(plan),
      sabotage,
      onError: note,
    });
    running = { life, services, connections };
    world.trace(`${name} is up`);
  }

  function onCrash(): void {
    crashes += 1;
    running?.connections.end();
    running = undefined;
    world.after(world.chance.between(50, 8000), start);
  }

  return {
    name,
    start,
    inside: () => running,
    breakConnections: () => running?.connections.breakConnections(),
    crashes: () => crashes,
    stop: () => running?.life.end(),
  };
}

/** Not the database gone, not a participant that is silent: something of the switch itself is wrong. */
function isOwnFault(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  const isSilence = error instanceof ParticipantSilence || String(error).includes('not acknowledged');
  // An agent that takes back what it said is not believed, and that is reported.
  const isTakenBack = code === 'SETTLEMENT_STATE_CONFLICT';
  return !isSilence && !isTakenBack && !isDatabaseDown(error) && code !== '40P01';
}
