import { isUuid7 } from '@barlink/protocol';
import { z } from 'zod';
import { cycleIdOf } from '../clearing/index.ts';
import { answer, type Call, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema, participantIdSchema, reasonSchema, wireMoneySchema } from '../http/schemas.ts';
import { SettlementError } from './errors.ts';
import type { SettlementService } from './service.ts';

const instructionSchema = z
  .strictObject({
    instructionId: z.uuidv7(),
    participant: participantIdSchema,
    direction: z.enum(['pay_in', 'pay_out']),
    amount: wireMoneySchema,
    attempt: z.int().positive(),
    state: z.enum(['instructed', 'accepted', 'rejected', 'settled', 'retried', 'rolled']),
    reason: reasonSchema.optional(),
    reference: z.string().optional(),
    createdAt: instantSchema,
    settledAt: instantSchema.optional(),
  })
  .meta({ id: 'SettlementInstruction' });

const settlementSchema = z
  .strictObject({
    cycleId: z.int().positive(),
    items: z.array(
      z.strictObject({
        participant: participantIdSchema,
        currency: z.string(),
        due: z.string().meta({ description: 'Minor units; negative is paid in' }),
        setAside: z.string().meta({ description: 'Reserved until it is paid out' }),
      }),
    ),
    instructions: z.array(instructionSchema),
  })
  .meta({ id: 'Settlement' });

const confirmation = z
  .strictObject({
    instructionId: z.uuidv7(),
    outcome: z.enum(['accepted', 'rejected', 'settled']),
    reason: reasonSchema.optional(),
    reference: z
      .string()
      .regex(/^[ -~]{1,64}$/)
      .optional(),
  })
  .meta({ id: 'SettlementConfirmation' });

/** The agent's confirmations, the operator's decisions, and how far a cycle is settled. */
export function createSettlementEndpoints(options: {
  readonly service: SettlementService;
}): readonly Endpoint[] {
  const { service } = options;
  const decisions = [
    ['retry', 'Has a rejected settlement instruction tried again'],
    ['roll', 'Carries what a rejected settlement instruction was for into the open cycle'],
  ] as const;
  return [
    readEndpoint({
      method: 'get',
      path: '/v1/cycles/{cycleId}/settlement',
      summary: 'What you pay or get for a cycle, and how far it is settled',
      roles: ['issuer', 'acquirer', 'wallet'],
      answer: { status: 200, schema: settlementSchema },
      handle: async (call) => answer(200, await service.get(call.sender.id, cycleIdOf(call))),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/cycles/{cycleId}/settlement',
      summary: 'What everyone pays or gets for a cycle, and how far it is settled',
      roles: ['operator'],
      answer: { status: 200, schema: settlementSchema },
      handle: async (call) => answer(200, await service.get('operator', cycleIdOf(call))),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/settlement-confirmations',
      summary: 'The settlement agent says what became of an instruction',
      roles: ['settlement'],
      request: confirmation,
      answer: { status: 200, schema: instructionSchema },
      handle: ({ message, body: { instructionId, outcome, reason, reference } }) =>
        service.confirm(message, instructionId, { outcome, reason, reference }),
    }),
    ...decisions.map(([decision, summary]) =>
      writeEndpoint({
        method: 'post',
        path: `/admin/v1/settlement-instructions/{instructionId}/${decision}`,
        summary,
        roles: ['operator'],
        request: empty,
        answer: { status: 200, schema: instructionSchema },
        handle: (call) => service.decide(call.message, instructionIdOf(call), decision),
      }),
    ),
  ];
}

function instructionIdOf({ parameters: { instructionId = '' } }: Call<unknown>): string {
  if (!isUuid7(instructionId)) {
    throw new SettlementError('SETTLEMENT_INSTRUCTION_UNKNOWN', { path: '/instructionId' });
  }
  return instructionId;
}
