import type {
  CyclePosition,
  CycleResource,
  CycleState,
  ObligationResource,
  ParticipantId,
} from '@barlink/protocol';

/** The captures that are netted together. */
export interface Cycle {
  readonly id: number;
  readonly openedAt: Date;
  /** What it went through, each state once. */
  readonly reached: Partial<Readonly<Record<CycleStep, Date>>>;
}

/** A state that a cycle enters after it was opened. */
export type CycleStep = Exclude<CycleState, 'open'>;

/** spec/clearing.md 2: a cycle goes through all of them in this order. */
const steps: readonly CycleStep[] = ['closing', 'closed', 'settling', 'settled'];

/** How a cycle stands. */
export function cycleStateOf({ reached }: Cycle): CycleState {
  return steps.findLast((step) => reached[step] !== undefined) ?? 'open';
}

/** A participant's net position in a closed cycle and one currency, in minor units; negative owes. */
export interface CycleNet {
  readonly cycleId: number;
  readonly participantId: ParticipantId;
  readonly currency: string;
  readonly net: bigint;
  /** What earlier cycles left unsettled. */
  readonly carried: bigint;
  readonly obligations: number;
}

/** What settlement has to pay in (negative) or out. */
export function dueOf({ net, carried }: CycleNet): bigint {
  return net + carried;
}

/** What an earlier cycle left unsettled, on its way into the one that is open. */
export interface Carry {
  readonly id: string;
  readonly fromCycleId: number;
  readonly participantId: ParticipantId;
  readonly currency: string;
  readonly amount: bigint;
  readonly at: Date;
}

/** What one captured payment makes one participant owe another. */
export interface Obligation {
  readonly paymentId: string;
  readonly kind: 'purchase' | 'refund';
  readonly debtorId: ParticipantId;
  readonly creditorId: ParticipantId;
  readonly currency: string;
  readonly amount: bigint;
  readonly capturedAt: Date;
}

/** Whose rows to give: a participant's, or everyone's. */
export type Viewer = ParticipantId | 'operator';

/** A page of a list, by the last id of the one before. */
export interface Page<Id> {
  readonly after: Id | undefined;
  readonly most: number;
}

/** A cycle with the positions its reader may see. */
export function renderCycle(cycle: Cycle, nets: readonly CycleNet[]): CycleResource {
  const { closing, closed, settled } = cycle.reached;
  return {
    cycleId: cycle.id,
    state: cycleStateOf(cycle),
    openedAt: cycle.openedAt.toISOString(),
    ...(closing === undefined ? {} : { cutOffAt: closing.toISOString() }),
    ...(closed === undefined ? {} : { closedAt: closed.toISOString() }),
    ...(settled === undefined ? {} : { settledAt: settled.toISOString() }),
    positions: nets.map(renderNet),
  };
}

function renderNet(position: CycleNet): CyclePosition {
  const { participantId, currency, net, carried, obligations } = position;
  return {
    participant: participantId,
    currency,
    net: net.toString(),
    carried: carried.toString(),
    due: dueOf(position).toString(),
    obligations,
  };
}

export function renderObligation(obligation: Obligation): ObligationResource {
  const { paymentId, kind, debtorId, creditorId, currency, amount, capturedAt } = obligation;
  return {
    paymentId,
    kind,
    debtor: debtorId,
    creditor: creditorId,
    amount: { currency, minor: amount.toString() },
    capturedAt: capturedAt.toISOString(),
  };
}
