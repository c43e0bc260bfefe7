import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema, moneySchema, participantIdSchema } from '../http/schemas.ts';
import type { ParticipantService } from '../participants/index.ts';
import { RiskError } from './errors.ts';
import { renderOutflow } from './outflow.ts';
import type { OutflowService } from './service.ts';

const minor = z.string().meta({ description: 'Minor units' });
const tripShape = {
  reopeningId: z.uuidv7(),
  participant: participantIdSchema,
  currency: z.string(),
  outflow: minor,
  limit: minor,
  trippedAt: instantSchema,
  proposedBy: participantIdSchema.optional(),
  reason: z.string().optional(),
  proposedAt: instantSchema.optional(),
};
const tripSchema = z.strictObject(tripShape).meta({ id: 'OutflowTrip' });
const reopenedSchema = z
  .strictObject({ ...tripShape, confirmedBy: participantIdSchema, reopenedAt: instantSchema })
  .meta({ id: 'OutflowReopened' });
const outflowSchema = z
  .strictObject({
    participant: participantIdSchema,
    currency: z.string(),
    windowSeconds: z.int(),
    limit: minor,
    outflow: minor.optional(),
    trip: tripSchema.optional(),
  })
  .meta({ id: 'Outflow' });
const limitRequest = z
  .strictObject({ limit: moneySchema, windowSeconds: z.int().min(60).max(86_400) })
  .meta({ id: 'OutflowLimitRequest' });
const reopeningRequest = z
  .strictObject({ currency: z.string().regex(/^[A-Z]{3}$/), reason: z.string().min(1).max(500) })
  .meta({ id: 'OutflowReopeningRequest' });

/** Limits on what flows out of positions, and the two steps that reopen one. */
export function createRiskEndpoints(options: {
  readonly service: OutflowService;
  readonly participants: ParticipantService;
}): readonly Endpoint[] {
  const { service, participants } = options;
  const roles = ['operator'] as const;
  return [
    readEndpoint({
      method: 'get',
      path: '/admin/v1/outflow-limits',
      summary: 'All limits on outflow, what has flowed out, and the breakers that are open',
      roles,
      answer: { status: 200, schema: z.strictObject({ limits: z.array(outflowSchema) }) },
      handle: async () => {
        const counted = await service.list();
        const limits = counted.map(({ limit, flownMinor, trip }) => renderOutflow(limit, flownMinor, trip));
        return answer(200, { limits });
      },
    }),
    writeEndpoint({
      method: 'put',
      path: '/admin/v1/participants/{participantId}/outflow-limits',
      summary: 'Sets how much may flow out of a position within a time',
      roles,
      request: limitRequest,
      answer: { status: 200, schema: outflowSchema },
      handle: ({ message, body, parameters: { participantId = '' } }) =>
        service.setLimit(message, {
          participantId: participants.get(participantId).id,
          currency: body.limit.currency,
          limitMinor: body.limit.minor,
          windowSeconds: body.windowSeconds,
        }),
    }),
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/participants/{participantId}/outflow-reopenings',
      summary: 'Proposes to close an open breaker; somebody else has to confirm it',
      roles,
      request: reopeningRequest,
      answer: { status: 201, schema: tripSchema },
      handle: ({ message, body, parameters: { participantId = '' } }) => {
        const { id } = participants.get(participantId);
        return service.propose(message, { participantId: id, currency: body.currency }, body.reason);
      },
    }),
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/outflow-reopenings/{reopeningId}/confirm',
      summary: 'Confirms with another key what somebody proposed: the breaker closes',
      roles,
      request: empty,
      answer: { status: 200, schema: reopenedSchema },
      handle: ({ message, parameters: { reopeningId = '' } }) => {
        if (!z.uuidv7().safeParse(reopeningId).success) {
          throw new RiskError('OUTFLOW_REOPENING_UNKNOWN');
        }
        return service.confirm(message, reopeningId);
      },
    }),
  ];
}
