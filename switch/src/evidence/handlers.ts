import { z } from 'zod';
import { answer, type Endpoint, readEndpoint } from '../http/index.ts';
import { instantSchema, jwkSchema } from '../http/schemas.ts';
import type { EvidenceService } from './service.ts';

const about = { sender: z.string(), receiver: z.string(), receivedAt: instantSchema };
const kept = { ...about, signature: z.string(), body: z.string().meta({ description: 'base64url' }) };

const bundleSchema = z
  .strictObject({
    type: z.literal('barlink-evidence'),
    version: z.literal(1),
    subject: z.string(),
    messages: z.array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('request'), ...kept, method: z.string(), target: z.string() }),
        z.strictObject({ kind: z.literal('answer'), ...kept, status: z.int(), requestId: z.string() }),
        z.strictObject({ kind: z.literal('withheld'), ...about }),
      ]),
    ),
    statement: z.string().meta({ description: 'Compact JWS of the switch' }),
    switchKeys: z.array(jwkSchema),
  })
  .meta({ id: 'EvidenceBundle' });

/** Evidence for those who signed it, and for the operator. */
export function createEvidenceEndpoints(options: { readonly service: EvidenceService }): readonly Endpoint[] {
  const { service } = options;
  return [
    readEndpoint({
      method: 'get',
      path: '/v1/evidence/{subject}',
      summary: 'Your signed messages about a payment, token, code or participant, to be verified by anyone',
      roles: ['wallet', 'acquirer', 'issuer'],
      answer: { status: 200, schema: bundleSchema },
      handle: async ({ sender, parameters: { subject = '' } }) =>
        answer(200, await service.export(subject, sender.id)),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/evidence/{subject}',
      summary: 'Everybody’s signed messages about a payment, token, code or participant',
      roles: ['operator'],
      answer: { status: 200, schema: bundleSchema },
      handle: async ({ parameters: { subject = '' } }) =>
        answer(200, await service.export(subject, 'operator')),
    }),
  ];
}
