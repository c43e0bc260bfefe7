import type { ParticipantId, SettlementInstruction, SettlementWord } from '@barlink/protocol';
import type { Faults } from './faults.ts';
import { acceptAll } from './sim-issuer.ts';
import type { Requests } from './sim-requests.ts';
import type { Receiver, Said } from './switch-line.ts';
import type { World } from './world.ts';

/** How a settlement agent keeps its word. */
export type AgentHonesty =
  | 'honest'
  /** Says things of other instructions, or of no sense, or signs wrongly. */
  | 'confused'
  /** Takes back what it said: settled, then rejected, and the other way round. */
  | 'lying';

/** A simulated settlement agent and its own books. */
export interface SimAgent extends Receiver {
  readonly honesty: AgentHonesty;
  /** What it booked: instruction id to how often, and what. */
  bookings(): ReadonlyMap<string, { readonly times: number; readonly instruction: SettlementInstruction }>;
  /** Instructions of one item that it was told under one id with different content. */
  readonly contradictions: readonly string[];
}

/** What a planted bug may break in the agent. */
export interface AgentSabotage {
  /** It takes an instruction that comes again for a new one. */
  readonly forgetsInstructions?: boolean;
}

type Final = Exclude<SettlementWord['outcome'], 'accepted' | 'not_found'>;

/** An agent that keeps spec/clearing.md 5, unless it lies; often slow, sometimes twice. */
export function createSimAgent(options: {
  readonly world: World;
  readonly faults: Faults;
  readonly id: ParticipantId;
  readonly honesty: AgentHonesty;
  readonly sabotage: AgentSabotage;
  readonly requests: () => Requests;
}): SimAgent {
  const { world, faults, id, honesty, sabotage, requests } = options;
  const { chance } = world;
  const known = new Map<string, { readonly instruction: SettlementInstruction; final: Final | undefined }>();
  const booked = new Map<string, { times: number; instruction: SettlementInstruction }>();
  const contradictions: string[] = [];
  const rejectRate = chance.pick([0, 0.15, 0.4]);
  const silentRate = chance.pick([0, 0.2, 0.6]);
  const slowRate = chance.pick([0, 0.2, 0.6]);
  let downUntilMs = 0;
  if (chance.isLikely(0.3)) {
    world.after(chance.between(0, 20_000), () => {
      downUntilMs = world.nowMs() + chance.between(500, 60_000);
      world.trace(`${id} goes down`);
    });
  }

  function receive(instruction: SettlementInstruction): SettlementWord {
    const { instructionId } = instruction;
    const before = known.get(instructionId);
    if (before !== undefined && JSON.stringify(before.instruction) !== JSON.stringify(instruction)) {
      contradictions.push(`${instructionId} was told with different content`);
    }
    if (before === undefined || sabotage.forgetsInstructions === true) {
      known.set(instructionId, { instruction, final: undefined });
      world.after(thinkMs(), () => decide(instructionId));
    }
    return wordOf(instructionId);
  }

  function decide(instructionId: string): void {
    const entry = known.get(instructionId);
    if (entry === undefined || entry.final !== undefined) {
      return;
    }
    entry.final = !faults.isHealed && chance.isLikely(rejectRate) ? 'rejected' : 'settled';
    if (entry.final === 'settled') {
      const { instruction } = entry;
      booked.set(instructionId, { times: (booked.get(instructionId)?.times ?? 0) + 1, instruction });
    }
    world.trace(`${id} has ${entry.final} ${instructionId}`);
    // What it keeps to itself an inquiry brings to light.
    if (faults.isHealed || !chance.isLikely(silentRate)) {
      confirm(instructionId, entry.final);
    }
    if (!faults.isHealed && honesty === 'lying' && chance.isLikely(0.5)) {
      const other = entry.final === 'settled' ? 'rejected' : 'settled';
      world.after(chance.between(0, 10_000), () => confirm(instructionId, other));
    }
    if (!faults.isHealed && chance.isLikely(faults.duplicate)) {
      const final = entry.final;
      world.after(chance.between(0, 60_000), () => confirm(instructionId, final));
    }
  }

  function confirm(instructionId: string, outcome: Final): void {
    const word = { reason: reasonOf(outcome), reference: undefined };
    requests().send({
      sender: id,
      target: '/v1/settlement-confirmations',
      body: { instructionId, outcome },
      perform: ({ settlement }, message) => settlement.confirm(message, instructionId, { outcome, ...word }),
      onEnd: () => undefined,
    });
  }

  function wordOf(instructionId: string): SettlementWord {
    const entry = known.get(instructionId);
    const outcome = entry === undefined ? 'not_found' : (entry.final ?? 'accepted');
    const reason = reasonOf(outcome);
    return { instructionId, outcome, ...(reason === undefined ? {} : { reason }) };
  }

  function say(word: SettlementWord): Said {
    if (!faults.isHealed && honesty === 'confused' && chance.isLikely(0.4)) {
      return chance.pick<Said>([
        { status: 200, value: { ...word, instructionId: 'another' }, isSigned: true },
        { status: 200, value: { ...word, outcome: 'perhaps' }, isSigned: true },
        { status: 200, value: word, isSigned: false },
        { status: 500, value: word, isSigned: true },
      ]);
    }
    return { status: 200, value: word, isSigned: true };
  }

  function thinkMs(): number {
    return !faults.isHealed && chance.isLikely(slowRate)
      ? chance.between(1000, 40_000)
      : chance.between(0, 50);
  }

  return {
    id,
    honesty,
    contradictions,
    bookings: () => booked,
    isDown: () => !faults.isHealed && world.nowMs() < downUntilMs,
    receive(path, message, answer) {
      const [, , instructionId = '', isInquiry] = path.split('/');
      world.after(chance.between(0, 20), () => {
        if (path === '/events') {
          answer(acceptAll(message));
        } else if (isInquiry === undefined) {
          answer(say(receive(message as SettlementInstruction)));
        } else {
          answer(say(wordOf(instructionId)));
        }
      });
    },
  };
}

function reasonOf(outcome: SettlementWord['outcome']) {
  return outcome === 'rejected' ? ('INSUFFICIENT_FUNDS' as const) : undefined;
}
