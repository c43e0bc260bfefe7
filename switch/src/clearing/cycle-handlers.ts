import { isUuid7 } from '@barlink/protocol';
import { z } from 'zod';
import { answer, type Call, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema, participantIdSchema, wireMoneySchema } from '../http/schemas.ts';
import type { Viewer } from './cycle.ts';
import type { CycleService } from './cycle-service.ts';
import { ClearingError } from './errors.ts';

const minor = z.string().meta({ description: 'Minor units; negative owes' });
const cycleSchema = z
  .strictObject({
    cycleId: z.int().positive(),
    state: z.enum(['open', 'closing', 'closed', 'settling', 'settled']),
    openedAt: instantSchema,
    cutOffAt: instantSchema.optional(),
    closedAt: instantSchema.optional(),
    settledAt: instantSchema.optional(),
    positions: z.array(
      z.strictObject({
        participant: participantIdSchema,
        currency: z.string(),
        net: minor,
        carried: minor,
        due: minor,
        obligations: z.int(),
      }),
    ),
  })
  .meta({ id: 'Cycle' });
const next = 'Names the next page; absent on the last';
const cyclesSchema = z
  .strictObject({ cycles: z.array(cycleSchema), next: z.int().meta({ description: next }).optional() })
  .meta({ id: 'Cycles' });
const obligationsSchema = z
  .strictObject({
    obligations: z.array(
      z.strictObject({
        paymentId: z.uuidv7(),
        kind: z.enum(['purchase', 'refund']),
        debtor: participantIdSchema,
        creditor: participantIdSchema,
        amount: wireMoneySchema,
        capturedAt: instantSchema,
      }),
    ),
    next: z.uuidv7().meta({ description: next }).optional(),
  })
  .meta({ id: 'Obligations' });
const scheduleSchema = z
  .strictObject({
    timeZone: z.string().min(1).max(64).meta({ description: 'IANA name', example: 'Asia/Shanghai' }),
    cutOffs: z
      .array(z.string().max(5).meta({ description: 'Time of day, HH:MM', example: '16:30' }))
      .max(48)
      .meta({ description: 'In order; none: the operator closes' }),
  })
  .meta({ id: 'ClearingSchedule' });

/** Cycles, net positions and obligations; closing and its hours for the operator. */
export function createCycleEndpoints(options: { readonly service: CycleService }): readonly Endpoint[] {
  const { service } = options;
  const admin = { roles: ['operator'] } as const;
  return [
    ...cycleReads(service, { root: '/v1', roles: ['issuer', 'acquirer', 'wallet'] }),
    ...cycleReads(service, { root: '/admin/v1', roles: ['operator'] }),
    writeEndpoint({
      ...admin,
      method: 'post',
      path: '/admin/v1/cycles/{cycleId}/close',
      summary: 'Closes the open cycle: what is captured from now on belongs to the next one',
      request: empty,
      answer: { status: 202, schema: cycleSchema },
      handle: (call) => service.close(call.message, cycleIdOf(call)),
    }),
    readEndpoint({
      ...admin,
      method: 'get',
      path: '/admin/v1/clearing-schedule',
      summary: 'When cycles close by themselves',
      answer: { status: 200, schema: scheduleSchema },
      handle: async () => answer(200, await service.getSchedule()),
    }),
    writeEndpoint({
      ...admin,
      method: 'put',
      path: '/admin/v1/clearing-schedule',
      summary: 'Sets when cycles close by themselves',
      request: scheduleSchema,
      answer: { status: 200, schema: scheduleSchema },
      handle: ({ message, body }) => service.setSchedule(message, body),
    }),
  ];
}

/** The same three questions for a participant about itself and for the operator about everyone. */
function cycleReads(
  service: CycleService,
  { root, roles }: { readonly root: string; readonly roles: Exclude<Endpoint['roles'], 'anyone'> },
): readonly Endpoint[] {
  const viewerOf = ({ sender }: Call<unknown>): Viewer => (root === '/v1' ? sender.id : 'operator');
  const whose = root === '/v1' ? 'your' : "everyone's";
  return [
    readEndpoint({
      method: 'get',
      path: `${root}/cycles`,
      summary: `Clearing cycles with ${whose} net positions, latest first; ?after= names a page`,
      roles,
      answer: { status: 200, schema: cyclesSchema },
      handle: async (call) => {
        const after = pageOf(call);
        const page = after === undefined ? undefined : toCycleId(after);
        if (after !== undefined && page === undefined) {
          throw new ClearingError('CYCLE_PAGE_INVALID', { path: '/after' });
        }
        return answer(200, await service.list(viewerOf(call), page));
      },
    }),
    readEndpoint({
      method: 'get',
      path: `${root}/cycles/{cycleId}`,
      summary: `A clearing cycle with ${whose} net positions`,
      roles,
      answer: { status: 200, schema: cycleSchema },
      handle: async (call) => answer(200, await service.get(viewerOf(call), cycleIdOf(call))),
    }),
    readEndpoint({
      method: 'get',
      path: `${root}/cycles/{cycleId}/obligations`,
      summary: `What ${whose} net positions were added up from; ?after= names a page`,
      roles,
      answer: { status: 200, schema: obligationsSchema },
      handle: async (call) => {
        const after = pageOf(call);
        if (after !== undefined && !isUuid7(after)) {
          throw new ClearingError('CYCLE_PAGE_INVALID', { path: '/after' });
        }
        return answer(
          200,
          await service.listObligations(viewerOf(call), { cycleId: cycleIdOf(call), after }),
        );
      },
    }),
  ];
}

/** The page asked for, from the signed target. */
function pageOf({ message }: Call<unknown>): string | undefined {
  return new URL(message.target, 'http://switch').searchParams.get('after') ?? undefined;
}

/** @throws {ClearingError} `CYCLE_UNKNOWN`, also for what can be no cycle */
export function cycleIdOf({ parameters }: Call<unknown>): number {
  const id = toCycleId(parameters.cycleId ?? '');
  if (id === undefined) {
    throw new ClearingError('CYCLE_UNKNOWN');
  }
  return id;
}

function toCycleId(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
