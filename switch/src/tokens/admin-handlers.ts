import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema } from '../http/schemas.ts';
import { tokenResource } from './control-handlers.ts';
import { inspectedSchema, renderInspected } from './inspect-handlers.ts';
import type { TokenLifecycle } from './lifecycle-service.ts';
import { renderRotation, type VaultRotation } from './rotation-service.ts';

const rotationSchema = z
  .strictObject({
    rotationId: z.uuid(),
    state: z.enum(['running', 'finished']),
    startedAt: instantSchema,
    resealed: z.string().meta({ description: 'Accounts sealed with the new key so far' }),
    remaining: z.string().meta({ description: 'Accounts that still wait' }),
    finishedAt: instantSchema.optional(),
  })
  .meta({ id: 'VaultRotation' });

/** The operator's part: it suspends and inspects tokens, and changes the vault's key. */
export function createTokenAdminEndpoints(parts: {
  readonly lifecycle: TokenLifecycle;
  readonly rotation: Pick<VaultRotation, 'order' | 'get'>;
  readonly now: () => Date;
}): readonly Endpoint[] {
  const { lifecycle, rotation, now } = parts;
  const roles = ['operator'] as const;
  return [
    readEndpoint({
      method: 'get',
      path: '/admin/v1/tokens/{tokenId}',
      summary: 'A token with its history and the payments it refused',
      roles,
      answer: { status: 200, schema: inspectedSchema },
      handle: async ({ sender, parameters: { tokenId = '' } }) =>
        answer(200, renderInspected(await lifecycle.inspect(sender, tokenId), now())),
    }),
    ...(['suspend', 'resume'] as const).map((event) =>
      writeEndpoint({
        method: 'post',
        path: `/admin/v1/tokens/{tokenId}/${event}`,
        summary: event === 'suspend' ? 'Refuses its use' : 'Takes your own suspension back',
        roles,
        request: empty,
        answer: { status: 200, schema: tokenResource },
        handle: ({ message, sender, parameters: { tokenId = '' } }) =>
          lifecycle.change(message, sender, { tokenId, event }),
      }),
    ),
    writeEndpoint({
      method: 'post',
      path: '/admin/v1/vault/rotations',
      summary: 'Begins to seal all accounts with a new key, beside payments',
      roles,
      request: empty,
      answer: { status: 202, schema: rotationSchema },
      handle: ({ message }) => rotation.order(message),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/vault/rotations/{rotationId}',
      summary: 'How far it is',
      roles,
      answer: { status: 200, schema: rotationSchema },
      handle: async ({ parameters: { rotationId = '' } }) =>
        answer(200, renderRotation(await rotation.get(rotationId))),
    }),
  ];
}
