import type { ParticipantId, Reason, SettlementResource, SettlementWord } from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import { ClearingError, cycleStateOf, type SettledCycles } from '../clearing/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import type { Notification, NotificationService } from '../notifications/index.ts';
import type { Advancer } from './advance-service.ts';
import { SettlementError } from './errors.ts';
import {
  decideFinding,
  type Finding,
  type Instruction,
  type InstructionEvent,
  renderInstruction,
  renderItem,
} from './settlement.ts';
import type { SettlementStore } from './store.ts';

/** What the agent says of an instruction, and the signed answer it rests on when it was asked. */
export interface Word {
  readonly outcome: Exclude<SettlementWord['outcome'], 'not_found'>;
  readonly reason: Reason | undefined;
  readonly reference: string | undefined;
  readonly evidence?: InstructionEvent['evidence'];
}

/** Settling closed cycles through the settlement agent. */
export interface SettlementService {
  /** Begins to settle the cycles that are closed, once there is an agent. */
  startClosed(): Promise<void>;
  /**
   * The agent's own message. Said twice or late it changes nothing.
   *
   * @throws {SettlementError} `SETTLEMENT_INSTRUCTION_UNKNOWN`, also for another agent's;
   * `SETTLEMENT_STATE_CONFLICT` when it takes back what it said
   */
  confirm(message: WriteMessage, instructionId: string, word: Word): Promise<KeptAnswer>;
  /** The agent's answer to an inquiry. @throws {SettlementError} `SETTLEMENT_STATE_CONFLICT` */
  learn(instructionId: string, word: Word): Promise<void>;
  /** The operator's decision about a rejected instruction. @throws {SettlementError} as `confirm` */
  decide(message: WriteMessage, instructionId: string, decision: 'retry' | 'roll'): Promise<KeptAnswer>;
  /** How far a cycle is settled. @throws {ClearingError} `CYCLE_UNKNOWN` */
  get(viewer: ParticipantId | 'operator', cycleId: number): Promise<SettlementResource>;
}

/** Settlement on its tables, the ledger and the outbox. */
export function createSettlementService(options: {
  readonly database: Database;
  readonly store: SettlementStore;
  readonly cycles: SettledCycles;
  readonly audit: AuditService;
  readonly advancer: Advancer;
  readonly notifications: Pick<NotificationService, 'deliverSoon'>;
  /** The agent that is connected, if there is one. */
  readonly findAgent: () => ParticipantId | undefined;
  readonly now: () => Date;
}): SettlementService {
  const { database, store, cycles, audit, advancer, notifications, findAgent, now } = options;

  /** Finds an instruction and locks its cycle; what is read of it afterwards stays true. */
  async function lockInstruction(connection: Queryable, id: string): Promise<Instruction> {
    const { cycleId } = await getInstruction(connection, id);
    await cycles.lock(connection, cycleId);
    return getInstruction(connection, id);
  }

  async function getInstruction(source: Queryable, id: string): Promise<Instruction> {
    const instruction = await store.findInstruction(source, id);
    if (instruction === undefined) {
      throw new SettlementError('SETTLEMENT_INSTRUCTION_UNKNOWN', { path: '/instructionId' });
    }
    return instruction;
  }

  /** Enters what was found, moves the money and goes on from there; nothing when it was known. */
  async function enter(
    connection: Queryable,
    instruction: Instruction,
    found: Pick<InstructionEvent, 'reason' | 'reference' | 'evidence'> & { readonly finding: Finding },
  ): Promise<readonly Notification[]> {
    const { finding, ...said } = found;
    const state = decideFinding(instruction, finding);
    if (state === 'conflict') {
      throw new SettlementError('SETTLEMENT_STATE_CONFLICT');
    }
    if (state === 'known') {
      return [];
    }
    if (!(await store.insertEvent(connection, instruction.id, { state, ...said, at: now() }))) {
      throw new Error(`instruction ${instruction.id} became ${state} under its lock`);
    }
    const { cycleId, agentId, direction } = instruction;
    switch (state) {
      case 'settled':
        await advancer.post(connection, instruction);
        return advancer.advance(connection, cycleId, agentId);
      case 'retried':
        return advancer.retry(connection, instruction);
      case 'rolled':
        if (direction === 'pay_out') {
          await advancer.rollPayOut(connection, instruction);
        }
        return advancer.advance(connection, cycleId, agentId);
      case 'accepted':
      case 'rejected':
        return [];
      default:
        return state satisfies never;
    }
  }

  async function keepOnce(
    message: WriteMessage,
    instructionId: string,
    effect: (connection: Queryable) => Promise<readonly Notification[]>,
  ): Promise<KeptAnswer> {
    let told: readonly Notification[] = [];
    const answer = await audit.once(message, instructionId, async (connection) => {
      told = await effect(connection);
      const after = await getInstruction(connection, instructionId);
      return { status: 200, body: JSON.stringify(renderInstruction(after)) };
    });
    notifications.deliverSoon(told);
    return answer;
  }

  return {
    async startClosed() {
      const unsettled = await cycles.listUnsettled(database);
      for (const { id: cycleId } of unsettled.filter((cycle) => cycleStateOf(cycle) === 'closed')) {
        const told = await database.transaction(async (connection) => {
          await cycles.lock(connection, cycleId);
          const cycle = await cycles.find(connection, cycleId);
          const agent = findAgent();
          return cycle === undefined || cycleStateOf(cycle) !== 'closed' || agent === undefined
            ? []
            : advancer.start(connection, cycleId, agent);
        });
        notifications.deliverSoon(told);
      }
    },
    confirm: (message, instructionId, { outcome, ...said }) =>
      keepOnce(message, instructionId, async (connection) => {
        const instruction = await lockInstruction(connection, instructionId);
        if (instruction.agentId !== message.sender) {
          throw new SettlementError('SETTLEMENT_INSTRUCTION_UNKNOWN', { path: '/instructionId' });
        }
        return enter(connection, instruction, { evidence: undefined, ...said, finding: outcome });
      }),
    async learn(instructionId, { outcome, ...said }) {
      const told = await database.transaction(async (connection) => {
        const instruction = await lockInstruction(connection, instructionId);
        return enter(connection, instruction, { evidence: undefined, ...said, finding: outcome });
      });
      notifications.deliverSoon(told);
    },
    decide: (message, instructionId, decision) =>
      keepOnce(message, instructionId, async (connection) => {
        const instruction = await lockInstruction(connection, instructionId);
        const nothing = { reason: undefined, reference: undefined, evidence: undefined };
        return enter(connection, instruction, { ...nothing, finding: decision });
      }),
    async get(viewer, cycleId) {
      if ((await cycles.find(database, cycleId)) === undefined) {
        throw new ClearingError('CYCLE_UNKNOWN');
      }
      const mine = ({ participantId }: { readonly participantId: ParticipantId }) =>
        viewer === 'operator' || viewer === participantId;
      const items = (await store.listItems(database, cycleId)).filter(mine);
      const instructions = (await store.listInstructions(database, cycleId)).filter(mine);
      return { cycleId, items: items.map(renderItem), instructions: instructions.map(renderInstruction) };
    },
  };
}
