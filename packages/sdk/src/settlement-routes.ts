import type { ReceiverContext, Routes } from './receiver.ts';
import { decodeParty, type SettlementAnswer, type SettlementInstruction } from './settlement.ts';

/** What a settlement agent does about the switch's instructions. */
export interface SettlementHandlers {
  /** Called for each instruction, and again when it comes again: the same id is the same instruction. */
  readonly onInstruction: (
    instruction: SettlementInstruction,
    context: ReceiverContext,
  ) => SettlementAnswer | Promise<SettlementAnswer>;
  /** What became of an instruction; `not_found` when the agent does not know it. */
  readonly onInquiry: (
    instructionId: string,
    context: ReceiverContext,
  ) => SettlementAnswer | Promise<SettlementAnswer>;
}

/** The routes of a settlement agent's receiver: spec/messages.md 5. */
export function settlementRoutes({ onInstruction, onInquiry }: SettlementHandlers): Routes {
  return {
    '/settlement-instructions': async (message, context) => {
      const instruction = { ...decodeParty(message), cycleId: message.count('cycleId') };
      return { instructionId: instruction.instructionId, ...(await onInstruction(instruction, context)) };
    },
    '/settlement-instructions/*/inquiry': async (_message, context, instructionId) => ({
      instructionId,
      ...(await onInquiry(instructionId, context)),
    }),
  };
}
