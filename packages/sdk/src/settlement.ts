import type {
  InstructionState,
  Money,
  ParticipantId,
  Reason,
  SettlementDirection,
  SettlementWord,
} from '@barlink/protocol';
import { parseParticipantId } from '@barlink/protocol';
import { type Members, present } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';
import type { Repeatable } from './wallet.ts';

/** What the switch tells its settlement agent to move. */
export interface SettlementInstruction {
  readonly instructionId: string;
  readonly cycleId: number;
  readonly participant: ParticipantId;
  /** `pay_in`: from the participant's account to the switch's; `pay_out`: the other way. */
  readonly direction: SettlementDirection;
  /** May be larger than a payment can be. */
  readonly amount: Money;
}

/** What the agent says of an instruction. */
export interface SettlementAnswer {
  readonly outcome: SettlementWord['outcome'];
  readonly reason?: Reason;
  /** The agent's own reference of its booking, 1 to 64 printable characters. */
  readonly reference?: string;
}

/** An instruction as the switch has it. */
export interface InstructionStatus extends SettlementInstructionParty {
  readonly state: InstructionState;
  /** Why it was rejected. */
  readonly reason?: Reason;
  readonly reference?: string;
  /** Counts up when a rejected one is tried again. */
  readonly attempt: number;
}

/** Whom an instruction is about, and how much. */
export interface SettlementInstructionParty {
  readonly instructionId: string;
  readonly participant: ParticipantId;
  readonly direction: SettlementDirection;
  readonly amount: Money;
}

/** What one participant pays (negative) or gets for a cycle, in minor units. */
export interface SettlementDue {
  readonly participant: ParticipantId;
  readonly currency: string;
  readonly due: bigint;
  /** Reserved of a positive due until it is paid out. */
  readonly setAside: bigint;
}

/** How far a cycle is settled. */
export interface CycleSettlement {
  readonly cycleId: number;
  readonly items: readonly SettlementDue[];
  readonly instructions: readonly InstructionStatus[];
}

/** The agent's own requests. */
export interface SettlementAgentClient {
  /** Says what became of an instruction. Repeat it until it is answered; saying it twice does no harm. */
  confirm(
    instructionId: string,
    answer: SettlementAnswer & { readonly outcome: Exclude<SettlementWord['outcome'], 'not_found'> },
    options?: Repeatable,
  ): Promise<InstructionStatus>;
}

/** The agent's client, without its receiver. */
export function assembleSettlementAgent(client: SwitchClient): SettlementAgentClient {
  return {
    confirm: (instructionId, { outcome, reason, reference }, { idempotencyKey } = {}) =>
      client.write(
        {
          path: '/v1/settlement-confirmations',
          body: present({ instructionId, outcome, reason, reference }),
          idempotencyKey,
        },
        decodeInstruction,
      ),
  };
}

/** Reads an InstructionResource. */
export function decodeInstruction(from: Members): InstructionStatus {
  return present({
    ...decodeParty(from),
    state: from.oneOf('state', states),
    reason: from.optionalReason('reason'),
    reference: from.optionalText('reference'),
    attempt: from.count('attempt'),
  });
}

/** Reads a SettlementResource. */
export function decodeSettlement(from: Members): CycleSettlement {
  return {
    cycleId: from.count('cycleId'),
    items: from.objects('items').map((item) => ({
      participant: parseParticipantId(item.text('participant'), '/participant'),
      currency: item.text('currency'),
      due: item.integer('due'),
      setAside: item.integer('setAside'),
    })),
    instructions: from.objects('instructions').map(decodeInstruction),
  };
}

const states = [
  'instructed',
  'accepted',
  'rejected',
  'settled',
  'retried',
  'rolled',
] as const satisfies readonly InstructionState[];

/** Reads what an instruction is about. */
export function decodeParty(from: Members): SettlementInstructionParty {
  const amount = from.object('amount');
  return {
    instructionId: from.text('instructionId'),
    participant: parseParticipantId(from.text('participant'), '/participant'),
    direction: from.oneOf('direction', ['pay_in', 'pay_out']),
    amount: { currency: amount.text('currency'), minor: amount.integer('minor') },
  };
}
