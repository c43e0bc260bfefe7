import { isReason } from '@barlink/protocol';
import { cycleStateOf, type SettledCycles } from '../clearing/index.ts';
import type { Database } from '../database/index.ts';
import type { ParticipantLine, ParticipantRegistry } from '../participants/index.ts';
import type { SettlementService } from './service.ts';
import { type Instruction, parseWord, toInstructionMessage } from './settlement.ts';
import type { SettlementStore } from './store.ts';

/** How long a confirmation may take until the agent is asked, and how often it is asked then. */
const inquireAfterMs = 15_000;
const answerDeadlineMs = 5000;
const askAtOnce = 16;

/**
 * Asks the agent about instructions it has not ended: its confirmation may be lost (spec/clearing.md 5.4).
 * One that it does not know it is sent again, under the same id.
 */
export function createInquirer(options: {
  readonly database: Database;
  readonly store: SettlementStore;
  readonly cycles: SettledCycles;
  readonly service: SettlementService;
  readonly line: ParticipantLine;
  readonly registry: ParticipantRegistry;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): { round(): Promise<void> } {
  const { database, store, cycles, service, line, registry, now, onError } = options;
  const askedAt = new Map<string, number>();

  async function ask(instruction: Instruction): Promise<void> {
    const agent = registry.find(instruction.agentId);
    if (agent === undefined) {
      throw new Error(`the agent of instruction ${instruction.id} is not in the register`);
    }
    const { id } = instruction;
    const options = { deadlineMs: answerDeadlineMs };
    const answer = await line.post(agent, `/settlement-instructions/${id}/inquiry`, {}, options);
    const outcome = answer.status === 200 ? parseWord(answer.value, id) : undefined;
    if (outcome === 'not_found') {
      await line.post(agent, '/settlement-instructions', toInstructionMessage(instruction), options);
    } else if (outcome !== undefined) {
      const { reason, reference } = answer.value as { reason?: unknown; reference?: unknown };
      await service.learn(id, {
        outcome,
        reason: typeof reason === 'string' && isReason(reason) ? reason : undefined,
        reference: typeof reference === 'string' ? reference.slice(0, 64) : undefined,
        evidence: { signature: answer.signature, body: answer.body },
      });
    }
  }

  return {
    async round() {
      const settling = (await cycles.listUnsettled(database)).filter(
        (cycle) => cycleStateOf(cycle) === 'settling',
      );
      if (settling.length === 0) {
        askedAt.clear();
        return;
      }
      const at = now().getTime();
      const before = new Date(at - inquireAfterMs);
      const cycleIds = settling.map(({ id }) => id);
      const open = await store.listUnanswered(database, { cycleIds, before });
      const due = open.filter(({ id }) => (askedAt.get(id) ?? 0) <= at - inquireAfterMs).slice(0, askAtOnce);
      await Promise.all(
        due.map((instruction) => {
          askedAt.set(instruction.id, at);
          return ask(instruction).catch(onError);
        }),
      );
    },
  };
}
