import { z } from 'zod';
import { answer, type Endpoint, openEndpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import {
  codeIdSchema,
  currencySchema,
  instantSchema,
  merchantSchema,
  moneySchema,
  participantIdSchema,
  participantNumberSchema,
  payloadSchema,
  referenceSchema,
  wireMoneySchema,
} from '../http/schemas.ts';
import type { CodeKeyset } from './keyset-service.ts';
import { renderCode } from './merchant-code.ts';
import type { CodeService } from './service.ts';

const codeRequest = z
  .strictObject({
    merchant: merchantSchema,
    mode: z.enum(['static', 'dynamic']),
    currency: currencySchema,
    amount: moneySchema.optional(),
    reference: referenceSchema.optional(),
    expiresAt: instantSchema.optional(),
  })
  .refine((code) => code.amount === undefined || code.amount.currency === code.currency, {
    path: ['amount', 'currency'],
    params: { code: 'PAYMENT_CURRENCY_MISMATCH' },
    error: 'The amount is in another currency than the code.',
  })
  .meta({ id: 'CodeRequest' });

const codeResource = z
  .strictObject({
    codeId: codeIdSchema,
    acquirer: participantIdSchema,
    acquirerNumber: participantNumberSchema,
    merchant: merchantSchema,
    mode: z.enum(['static', 'dynamic']),
    currency: z.string(),
    amount: wireMoneySchema.optional(),
    reference: z.string().optional(),
    expiresAt: instantSchema.optional(),
    state: z.enum(['active', 'closed']),
    payload: z.string(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Code' });

const keysetSchema = z
  .strictObject({ keyset: z.string().meta({ description: 'Compact JWS, valid for at most seven days' }) })
  .meta({ id: 'CodeKeyset' });

/** Merchant codes: register, look up, resolve, and the keyset to verify them offline. */
export function createCodeEndpoints(options: {
  readonly service: CodeService;
  readonly keyset: CodeKeyset;
}): readonly Endpoint[] {
  const { service, keyset } = options;
  return [
    openEndpoint({
      method: 'get',
      path: '/v1/keysets/codes',
      summary: "The acquirers' code keys, signed by the switch",
      answer: { status: 200, schema: keysetSchema },
      handle: async () => answer(200, { keyset: (await keyset.current()).text }),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/codes',
      summary: 'Registers a merchant code',
      roles: ['acquirer'],
      request: codeRequest,
      answer: { status: 201, schema: codeResource },
      handle: ({ message, sender, body }) => {
        const { amount, reference, expiresAt, ...rest } = body;
        const draft = {
          ...rest,
          amount,
          reference,
          expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
        };
        return service.create(message, sender, draft);
      },
    }),
    readEndpoint({
      method: 'get',
      path: '/v1/codes/{codeId}',
      summary: 'One of your codes',
      roles: ['acquirer'],
      answer: { status: 200, schema: codeResource },
      handle: async ({ sender, parameters: { codeId = '' } }) => {
        const code = await service.get(sender, codeId);
        return answer(200, renderCode(code, sender.number));
      },
    }),
    readEndpoint({
      method: 'post',
      path: '/v1/codes/resolve',
      summary: 'What a scanned code is and whether it can be paid here',
      roles: ['wallet', 'acquirer', 'issuer'],
      request: z.strictObject({ payload: payloadSchema }).meta({ id: 'ResolveRequest' }),
      answer: {
        status: 200,
        schema: z
          .strictObject({ code: codeResource, trust: z.enum(['verified', 'unsigned']) })
          .meta({ id: 'ResolvedCode' }),
      },
      handle: async ({ body }) => {
        const { code, trust } = await service.resolve(body.payload);
        return answer(200, { code: renderCode(code, service.numberOf(code)), trust });
      },
    }),
  ];
}
