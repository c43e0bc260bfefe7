import type { PublishedJwk } from '@barlink/signing';
import { encodeJwks, importVerificationKey } from '@barlink/signing';
import { z } from 'zod';
import { answer, type Endpoint, openEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema, jwkSchema } from '../http/schemas.ts';
import type { KeyService, OfferedKey } from './key-service.ts';
import { type ParticipantKey, validityOf } from './participant.ts';
import type { ParticipantRegistry } from './registry-service.ts';
import type { ParticipantService } from './service.ts';

/** Most keys a published set shows (spec/signing.md 2.4). */
const publishedMax = 64;

const offeredKey = z.strictObject({
  jwk: jwkSchema,
  use: z.enum(['messages', 'codes']),
  notBefore: instantSchema.optional(),
  expiresAt: instantSchema.optional(),
});
const provenKey = offeredKey
  .extend({ proof: z.string().max(2048).meta({ description: 'Compact JWS made with the new key' }) })
  .meta({ id: 'ProvenKey' });
const keyEnd = z.strictObject({ expiresAt: instantSchema }).meta({ id: 'KeyEnd' });

/** A participant's key as it is shown. */
export const keyResource = z
  .strictObject({
    kid: z.string(),
    use: z.enum(['messages', 'codes']),
    registeredAt: instantSchema,
    notBefore: instantSchema.optional(),
    expiresAt: instantSchema.optional(),
    revokedAt: instantSchema.optional(),
  })
  .meta({ id: 'ParticipantKey' });

const jwksSchema = z.strictObject({ keys: z.array(jwkSchema) }).meta({ id: 'Jwks' });

interface KeyEndpointOptions {
  readonly service: ParticipantService;
  readonly keys: KeyService;
  readonly registry: ParticipantRegistry;
  readonly switchJwks: () => readonly PublishedJwk[];
}

/** Keys for anyone to read, for their owner and for the operator to change. */
export function createKeyEndpoints(options: KeyEndpointOptions): readonly Endpoint[] {
  return [...createPublicRows(options), ...createOwnerRows(options), ...createOperatorRows(options)];
}

function createPublicRows({ service, registry, switchJwks }: KeyEndpointOptions): readonly Endpoint[] {
  return [
    openEndpoint({
      method: 'get',
      path: '/v1/keys',
      summary: 'The public keys of the switch: the current one, the next one and those before',
      answer: { status: 200, schema: jwksSchema },
      handle: async () => answer(200, { keys: switchJwks() }),
    }),
    openEndpoint({
      method: 'get',
      path: '/v1/participants/{participantId}/keys',
      summary: 'The public keys of a participant and when they count; a revoked one has exp 0',
      answer: { status: 200, schema: jwksSchema },
      handle: async ({ participantId = '' }) =>
        answer(200, await publishKeys(registry.listKeys(service.get(participantId).id))),
    }),
  ];
}

function createOwnerRows({ keys }: KeyEndpointOptions): readonly Endpoint[] {
  const roles = ['wallet', 'acquirer', 'issuer', 'operator'] as const;
  const by = 'owner';
  return [
    writeEndpoint({
      method: 'post',
      path: '/v1/keys',
      summary: 'Adds a key of your own, proven to be yours',
      roles,
      request: provenKey,
      answer: { status: 201, schema: keyResource },
      handle: ({ message, sender: owner, body: { proof, ...key } }) =>
        keys.add({ message, owner, by }, { ...readKey(key), proof }),
    }),
    writeEndpoint({
      method: 'put',
      path: '/v1/keys/{kid}',
      summary: 'Says when a key of your own ends',
      roles,
      request: keyEnd,
      answer: { status: 200, schema: keyResource },
      handle: ({ message, sender: owner, body, parameters: { kid = '' } }) =>
        keys.end({ message, owner, by }, kid, new Date(body.expiresAt)),
    }),
    writeEndpoint({
      method: 'delete',
      path: '/v1/keys/{kid}',
      summary: 'Revokes a key of your own: nothing it signed is accepted from now on',
      roles,
      answer: { status: 200, schema: empty },
      handle: ({ message, sender: owner, parameters: { kid = '' } }) =>
        keys.revoke({ message, owner, by }, kid),
    }),
  ];
}

function createOperatorRows({ keys, service }: KeyEndpointOptions): readonly Endpoint[] {
  const roles = ['operator'] as const;
  const by = 'operator';
  return [
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/participants/{participantId}/keys',
      summary: 'Adds a public key',
      roles,
      request: offeredKey.meta({ id: 'OfferedKey' }),
      answer: { status: 201, schema: keyResource },
      handle: ({ message, body, parameters: { participantId = '' } }) =>
        keys.add({ message, owner: service.get(participantId), by }, readKey(body)),
    }),
    writeEndpoint({
      method: 'put',
      path: '/admin/v1/participants/{participantId}/keys/{kid}',
      summary: 'Says when a key ends',
      roles,
      request: keyEnd,
      answer: { status: 200, schema: keyResource },
      handle: ({ message, body, parameters: { participantId = '', kid = '' } }) =>
        keys.end({ message, owner: service.get(participantId), by }, kid, new Date(body.expiresAt)),
    }),
    writeEndpoint({
      method: 'delete',
      path: '/admin/v1/participants/{participantId}/keys/{kid}',
      summary: 'Revokes a key: nothing it signed is accepted from now on',
      roles,
      answer: { status: 200, schema: empty },
      handle: ({ message, parameters: { participantId = '', kid = '' } }) =>
        keys.revoke({ message, owner: service.get(participantId), by }, kid),
    }),
  ];
}

function readKey({ jwk, use, notBefore, expiresAt }: z.output<typeof offeredKey>): OfferedKey {
  return {
    jwk,
    use,
    notBefore: notBefore === undefined ? undefined : new Date(notBefore),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}

/** The newest keys first, so that what counts is never cut off. */
async function publishKeys(keys: readonly ParticipantKey[]): Promise<{ readonly keys: readonly object[] }> {
  const newest = [...keys]
    .sort((one, other) => other.registeredAt.getTime() - one.registeredAt.getTime())
    .slice(0, publishedMax);
  return encodeJwks(await Promise.all(newest.map((key) => importVerificationKey(key.jwk, validityOf(key)))));
}
