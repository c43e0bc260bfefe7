import type {
  InstructionResource,
  InstructionState,
  ParticipantId,
  Reason,
  SettlementDirection,
  SettlementInstruction,
  SettlementItem,
  SettlementWord,
} from '@barlink/protocol';

/** What a cycle makes a participant pay (negative) or get in one currency. */
export interface Item {
  readonly cycleId: number;
  readonly currency: string;
  readonly participantId: ParticipantId;
  readonly due: bigint;
  /** The pending transfer that reserves what will be paid out. */
  readonly setAsideId: string | undefined;
  /** What it could reserve: less than what is due when the participant has spent it again already. */
  readonly setAside: bigint;
}

/** What the agent is told to do. */
export interface Instruction {
  readonly id: string;
  readonly cycleId: number;
  readonly currency: string;
  readonly participantId: ParticipantId;
  readonly direction: SettlementDirection;
  readonly amount: bigint;
  readonly attempt: number;
  readonly agentId: ParticipantId;
  readonly createdAt: Date;
  /** What became of it, each state once, in the order of time. */
  readonly events: readonly InstructionEvent[];
}

/** Something that became of an instruction. */
export interface InstructionEvent {
  readonly state: Exclude<InstructionState, 'instructed'>;
  readonly reason: Reason | undefined;
  readonly reference: string | undefined;
  readonly evidence: { readonly signature: string; readonly body: string } | undefined;
  readonly at: Date;
}

/** What can come of an instruction: the agent's word, or the operator's decision on a rejected one. */
export type Finding = 'accepted' | 'rejected' | 'settled' | 'retry' | 'roll';

/** spec/clearing.md 5, cell by cell; a missing cell is an illegal move. */
const nextState: Readonly<Record<InstructionState, Partial<Record<Finding, InstructionEvent['state']>>>> = {
  instructed: { accepted: 'accepted', rejected: 'rejected', settled: 'settled' },
  accepted: { rejected: 'rejected', settled: 'settled' },
  rejected: { retry: 'retried', roll: 'rolled' },
  settled: {},
  retried: {},
  rolled: {},
};

/** How an instruction stands. */
export function instructionStateOf({ events }: Instruction): InstructionState {
  return order.findLast((state) => events.some((event) => event.state === state)) ?? 'instructed';
}

const order = ['accepted', 'rejected', 'settled', 'retried', 'rolled'] as const;

/**
 * What a finding makes of an instruction: the state it enters; `known` when it says nothing new, because it
 * came twice or late; `conflict` when it contradicts what was found before.
 */
export function decideFinding(
  instruction: Instruction,
  finding: Finding,
): InstructionEvent['state'] | 'known' | 'conflict' {
  const next = nextState[instructionStateOf(instruction)][finding];
  if (next !== undefined) {
    return next;
  }
  const isReached = instruction.events.some(({ state }) => state === finding);
  return isReached || finding === 'accepted' ? 'known' : 'conflict';
}

/** True when nothing more will come of the instruction and no other takes its place. */
export function isEnded(instruction: Instruction): boolean {
  return ['settled', 'rolled'].includes(instructionStateOf(instruction));
}

/** The latest instruction for each item. */
export function latestOf(item: Item, instructions: readonly Instruction[]): Instruction | undefined {
  return instructions
    .filter(
      ({ participantId, currency }) => participantId === item.participantId && currency === item.currency,
    )
    .reduce<Instruction | undefined>(
      (latest, one) => (latest === undefined || one.attempt > latest.attempt ? one : latest),
      undefined,
    );
}

/** What one item gets now, and what the open cycle takes over of it. */
export interface PayOut {
  readonly item: Item;
  readonly amount: bigint;
  /** Negative: a pay-in that was rolled over; positive: what cannot be paid out yet. */
  readonly carry: bigint;
}

/**
 * Fixes what is paid out in one currency once every pay-in has ended: what was set aside, and never more than
 * came in. What is missing is shared in proportion, a unit that is left over goes to the first participants
 * by id (spec/clearing.md 6.2).
 */
export function decidePayOuts(items: readonly Item[], rolled: ReadonlySet<Item>): readonly PayOut[] {
  const sorted = [...items].sort((one, other) => (one.participantId < other.participantId ? -1 : 1));
  const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);
  const missing = -total(sorted.filter((item) => rolled.has(item)).map(({ due }) => due));
  const payees = sorted.filter(({ due }) => due > 0n);
  const wanted = total(payees.map(({ setAside }) => setAside));
  const pool = total(payees.map(({ due }) => due)) - missing;
  const share = ({ setAside }: Item) => (wanted > pool ? (setAside * pool) / wanted : setAside);
  let left = (wanted > pool ? pool : wanted) - total(payees.map(share));
  return sorted.flatMap((item) => {
    if (item.due < 0n) {
      return rolled.has(item) ? [{ item, amount: 0n, carry: item.due }] : [];
    }
    const isRoom = left > 0n && share(item) < item.setAside;
    const amount = share(item) + (isRoom ? 1n : 0n);
    left -= isRoom ? 1n : 0n;
    return [{ item, amount, carry: item.due - amount }];
  });
}

/** The settlement agent: the active participant with that role, the first by id. */
export function findSettlementAgent(
  participants: readonly {
    readonly id: ParticipantId;
    readonly roles: readonly string[];
    readonly state: string;
  }[],
): ParticipantId | undefined {
  return participants
    .filter(({ roles, state }) => roles.includes('settlement') && state === 'active')
    .map(({ id }) => id)
    .sort()[0];
}

/** What the agent is sent. */
export function toInstructionMessage(instruction: Instruction): SettlementInstruction {
  const { id, cycleId, participantId, direction, currency, amount } = instruction;
  return {
    instructionId: id,
    cycleId,
    participant: participantId,
    direction,
    amount: { currency, minor: amount.toString() },
  };
}

/** The agent's word of an answer to an inquiry; `undefined` when it is none. */
export function parseWord(value: unknown, instructionId: string): SettlementWord['outcome'] | undefined {
  const word = (value ?? {}) as Partial<Record<keyof SettlementWord, unknown>>;
  const outcomes: readonly SettlementWord['outcome'][] = ['accepted', 'rejected', 'settled', 'not_found'];
  return word.instructionId === instructionId ? outcomes.find((one) => one === word.outcome) : undefined;
}

export function renderInstruction(instruction: Instruction): InstructionResource {
  const { id, participantId, direction, currency, amount, attempt, events, createdAt } = instruction;
  const rejected = events.find(({ state }) => state === 'rejected');
  const settled = events.find(({ state }) => state === 'settled');
  const reference = events.findLast((event) => event.reference !== undefined)?.reference;
  return {
    instructionId: id,
    participant: participantId,
    direction,
    amount: { currency, minor: amount.toString() },
    attempt,
    state: instructionStateOf(instruction),
    ...(rejected?.reason === undefined ? {} : { reason: rejected.reason }),
    ...(reference === undefined ? {} : { reference }),
    createdAt: createdAt.toISOString(),
    ...(settled === undefined ? {} : { settledAt: settled.at.toISOString() }),
  };
}

export function renderItem({ participantId, currency, due, setAside }: Item): SettlementItem {
  return { participant: participantId, currency, due: due.toString(), setAside: setAside.toString() };
}
