import type { WireMoney } from './money.ts';
import type { Reason } from './reasons.ts';

/** spec/clearing.md 2. */
export type CycleState = 'open' | 'closing' | 'closed' | 'settling' | 'settled';

/** A clearing cycle, with the net positions its reader may see; there are none before it is closed. */
export interface CycleResource {
  /** Counts up from 1. */
  readonly cycleId: number;
  readonly state: CycleState;
  readonly openedAt: string;
  /** When it stopped taking captures. */
  readonly cutOffAt?: string;
  readonly closedAt?: string;
  readonly settledAt?: string;
  readonly positions: readonly CyclePosition[];
}

/** What a participant sent and received in one cycle and currency, netted; minor units, negative owes. */
export interface CyclePosition {
  readonly participant: string;
  readonly currency: string;
  readonly net: string;
  /** What an earlier cycle left unsettled. */
  readonly carried: string;
  /** `net` and `carried` together: what settlement pays in or out. */
  readonly due: string;
  /** How many captured payments and refunds are in it. */
  readonly obligations: number;
}

/** What one captured payment makes one participant owe another. */
export interface ObligationResource {
  readonly paymentId: string;
  readonly kind: 'purchase' | 'refund';
  readonly debtor: string;
  readonly creditor: string;
  readonly amount: WireMoney;
  readonly capturedAt: string;
}

/** When cycles close by themselves. */
export interface ClearingSchedule {
  /** IANA name. */
  readonly timeZone: string;
  /** Times of day, `HH:MM`; none: cycles close by the operator's word only. */
  readonly cutOffs: readonly string[];
}

/** Whether a participant's amount comes in or goes out. */
export type SettlementDirection = 'pay_in' | 'pay_out';

/** spec/clearing.md 5. */
export type InstructionState = 'instructed' | 'accepted' | 'rejected' | 'settled' | 'retried' | 'rolled';

/**
 * Switch to settlement agent, POST {agent}/settlement-instructions: move this amount. Sent until it is
 * acknowledged; the same id is the same instruction.
 */
export interface SettlementInstruction {
  readonly instructionId: string;
  readonly cycleId: number;
  readonly participant: string;
  readonly direction: SettlementDirection;
  /** May be larger than a payment can be. */
  readonly amount: WireMoney;
}

/** The agent's word on an instruction; `not_found` answers an inquiry only. */
export interface SettlementWord {
  readonly instructionId: string;
  readonly outcome: 'accepted' | 'rejected' | 'settled' | 'not_found';
  /** Set when rejected. */
  readonly reason?: Reason;
  /** The agent's own reference of the booking. */
  readonly reference?: string;
}

/** An instruction as the operator and its participant see it. */
export interface InstructionResource {
  readonly instructionId: string;
  readonly participant: string;
  readonly direction: SettlementDirection;
  readonly amount: WireMoney;
  /** Counts up when a rejected one is tried again. */
  readonly attempt: number;
  readonly state: InstructionState;
  readonly reason?: Reason;
  readonly reference?: string;
  readonly createdAt: string;
  readonly settledAt?: string;
}

/** How far a cycle is settled, for those its reader may see. */
export interface SettlementResource {
  readonly cycleId: number;
  readonly items: readonly SettlementItem[];
  readonly instructions: readonly InstructionResource[];
}

/** What a cycle makes one participant pay (negative) or get; minor units. */
export interface SettlementItem {
  readonly participant: string;
  readonly currency: string;
  readonly due: string;
  /** What of a positive due is reserved until it is paid out. */
  readonly setAside: string;
}

/** Event types about a clearing cycle; everyone who has a net position in it gets them. */
export type CycleEventType = 'cycle.closed' | 'cycle.settled';

/** A clearing cycle closed, with what its receiver owes or is owed, or was settled. */
export interface CycleEvent {
  readonly eventId: string;
  readonly type: CycleEventType;
  readonly at: string;
  readonly cycle: CycleResource;
}
