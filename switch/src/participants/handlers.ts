import type { Money } from '@barlink/protocol';
import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import {
  empty,
  jwkSchema,
  participantIdSchema,
  participantNumberSchema,
  wireMoneyOrZero,
} from '../http/schemas.ts';
import { renderCertificate } from './certificate.ts';
import { certificateSchema } from './certificate-handlers.ts';
import type { CertificateRegistry } from './certificate-registry-service.ts';
import { keyResource } from './key-handlers.ts';
import type { Participant } from './participant.ts';
import type { ParticipantRegistry } from './registry-service.ts';
import { type ParticipantService, renderParticipant } from './service.ts';

const keySchema = z.strictObject({ jwk: jwkSchema, use: z.enum(['messages', 'codes']) });

/** A participant has one position per currency. */
function assertCurrenciesOnce(caps: readonly Money[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [at, { currency }] of caps.entries()) {
    if (seen.has(currency)) {
      context.addIssue({ code: 'custom', path: [at, 'currency'], message: 'The currency occurs twice.' });
    }
    seen.add(currency);
  }
}

const registration = z
  .strictObject({
    participantId: participantIdSchema,
    name: z.string().min(1).max(100),
    number: participantNumberSchema,
    roles: z
      .array(z.enum(['issuer', 'acquirer', 'wallet', 'settlement', 'operator']))
      .min(1)
      .max(5),
    url: z.url({ protocol: /^https?$/ }).max(300),
    keys: z.array(keySchema).min(1).max(16),
    netDebitCaps: z.array(wireMoneyOrZero).max(20).superRefine(assertCurrenciesOnce),
  })
  .meta({ id: 'ParticipantRegistration' });

const participantSchema = z
  .strictObject({
    participantId: participantIdSchema,
    name: z.string(),
    number: participantNumberSchema,
    roles: z.array(z.string()),
    url: z.string(),
    state: z.enum(['active', 'suspended']),
    createdAt: z.iso.datetime(),
    keys: z.array(keyResource),
    certificates: z.array(certificateSchema).optional(),
  })
  .meta({ id: 'Participant' });

/** The register, for the operator. */
export function createParticipantEndpoints(options: {
  readonly service: ParticipantService;
  readonly registry: ParticipantRegistry;
  readonly certificates: CertificateRegistry;
}): readonly Endpoint[] {
  const { service, registry, certificates } = options;
  const roles = ['operator'] as const;
  const render = (participant: Participant) => ({
    ...renderParticipant(participant, registry.listKeys(participant.id)),
    certificates: certificates.list(participant.id).map(renderCertificate),
  });
  return [
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/participants',
      summary: 'Registers a participant with its keys and net debit caps',
      roles,
      request: registration,
      answer: { status: 201, schema: participantSchema },
      handle: ({ message, body }) => {
        const { participantId: id, keys, netDebitCaps, ...rest } = body;
        const participant: Participant = { id, ...rest, state: 'active', createdAt: message.receivedAt };
        return service.register(message, participant, keys, netDebitCaps);
      },
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/participants',
      summary: 'All participants',
      roles,
      answer: { status: 200, schema: z.strictObject({ participants: z.array(participantSchema) }) },
      handle: async () => answer(200, { participants: registry.list().map(render) }),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/participants/{participantId}',
      summary: 'One participant',
      roles,
      answer: { status: 200, schema: participantSchema },
      handle: async ({ parameters: { participantId = '' } }) =>
        answer(200, render(service.get(participantId))),
    }),
    ...(['suspend', 'resume'] as const).map((action) =>
      writeEndpoint({
        method: 'post',
        path: `/admin/v1/participants/{participantId}/${action}`,
        summary: action === 'suspend' ? 'Refuses everything a participant sends' : 'Lets it take part again',
        roles,
        request: empty,
        answer: { status: 200, schema: participantSchema },
        handle: ({ message, parameters: { participantId = '' } }) =>
          service.setState(message, participantId, action === 'suspend' ? 'suspended' : 'active'),
      }),
    ),
  ];
}
