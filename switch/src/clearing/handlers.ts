import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { participantIdSchema, wireMoneyOrZero } from '../http/schemas.ts';
import type { ParticipantService } from '../participants/index.ts';
import type { ClearingService } from './service.ts';

const minor = z.string().meta({ description: 'Minor units; negative owes' });
const positionSchema = z
  .strictObject({
    participant: participantIdSchema,
    currency: z.string(),
    net: minor,
    netDebitCap: minor,
    reserved: minor,
    headroom: minor,
  })
  .meta({ id: 'Position' });
const positionsSchema = z.strictObject({ positions: z.array(positionSchema) }).meta({ id: 'Positions' });

/** Positions for participants and operator, and the operator's net debit caps. */
export function createClearingEndpoints(options: {
  readonly service: ClearingService;
  readonly participants: ParticipantService;
}): readonly Endpoint[] {
  const { service, participants } = options;
  return [
    readEndpoint({
      method: 'get',
      path: '/v1/positions',
      summary: 'Your net positions',
      roles: ['issuer', 'acquirer', 'wallet'],
      answer: { status: 200, schema: positionsSchema },
      handle: async ({ sender }) => answer(200, { positions: await service.listPositions(sender.id) }),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/positions',
      summary: "Everyone's net positions; they sum to zero per currency",
      roles: ['operator'],
      answer: { status: 200, schema: positionsSchema },
      handle: async () => answer(200, { positions: await service.listPositions() }),
    }),
    writeEndpoint({
      method: 'put',
      path: '/admin/v1/participants/{participantId}/net-debit-caps',
      summary: 'Sets how much a participant may owe in a currency',
      roles: ['operator'],
      request: wireMoneyOrZero,
      answer: { status: 200, schema: positionSchema },
      handle: ({ message, body, parameters: { participantId = '' } }) =>
        service.setCap(message, participants.get(participantId).id, body),
    }),
  ];
}
