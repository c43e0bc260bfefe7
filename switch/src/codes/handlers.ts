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
  placeSchema,
  referenceSchema,
  wireMoneySchema,
} from '../http/schemas.ts';
import type { CodeDocuments } from './document-service.ts';
import { MerchantCodeError } from './errors.ts';
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
    store: placeSchema.optional().meta({ description: 'Object 62.03' }),
    terminal: placeSchema.optional().meta({ description: 'Object 62.07' }),
    expiresAt: instantSchema.optional(),
    uses: z.enum(['single', 'many']).optional().meta({ description: 'Of a dynamic code; single if absent' }),
    form: z.enum(['emv', 'url']).optional().meta({ description: 'url: for a dynamic code; emv if absent' }),
  })
  .refine(({ mode, uses }) => mode === 'dynamic' || uses !== 'single', {
    path: ['uses'],
    error: 'A static code is paid many times.',
  })
  .refine(({ mode, form }) => mode === 'dynamic' || form !== 'url', {
    path: ['form'],
    error: 'A code behind a URL is dynamic.',
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
    store: placeSchema.optional(),
    terminal: placeSchema.optional(),
    expiresAt: instantSchema.optional(),
    uses: z.enum(['single', 'many']),
    form: z.enum(['emv', 'url']),
    state: z.enum(['active', 'closed']),
    payload: z.string(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Code' });

const keysetSchema = z
  .strictObject({ keyset: z.string().meta({ description: 'Compact JWS, valid for at most seven days' }) })
  .meta({ id: 'CodeKeyset' });

const documentSchema = z
  .string()
  .min(1)
  .max(8192)
  .meta({ description: 'Compact JWS of the acquirer (spec/signing.md 6.3)' });

const documentRequest = z.strictObject({ document: documentSchema }).meta({ id: 'CodeDocumentRequest' });

/** Merchant codes: register, look up, resolve, and the keyset to verify them offline. */
export function createCodeEndpoints(options: {
  readonly service: CodeService;
  readonly documents: CodeDocuments;
  readonly keyset: CodeKeyset;
  readonly now: () => Date;
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
    ...createDocumentEndpoints(options),
  ];
}

/** How long a document may lie in caches between us and the wallets. */
const cacheSecondsMax = 30;

function createDocumentEndpoints(options: {
  readonly service: CodeService;
  readonly documents: CodeDocuments;
  readonly now: () => Date;
}): readonly Endpoint[] {
  const { service, documents, now } = options;
  return [
    writeEndpoint({
      method: 'put',
      path: '/v1/codes/{codeId}/document',
      summary: 'Stores what the URL of a code gives',
      roles: ['acquirer'],
      request: documentRequest,
      answer: { status: 200, schema: codeResource },
      handle: async ({ message, sender, body: { document }, parameters: { codeId = '' } }) => {
        const code = await service.get(sender, codeId);
        return documents.put(message, sender, { code, document });
      },
    }),
    openEndpoint({
      method: 'get',
      path: '/c/{codeId}',
      summary: 'The signed document of a code behind a URL',
      answer: { status: 200, schema: documentSchema, mediaType: 'application/jose' },
      handle: async ({ codeId = '' }) => {
        if (!codeIdSchema.safeParse(codeId).success) {
          throw new MerchantCodeError('CODE_PAYLOAD_UNKNOWN');
        }
        const { document, expiresAt } = await documents.serve(codeId);
        const leftSeconds = Math.ceil((expiresAt.getTime() - now().getTime()) / 1000);
        return { status: 200, body: document, cacheSeconds: Math.min(cacheSecondsMax, leftSeconds) };
      },
    }),
  ];
}
