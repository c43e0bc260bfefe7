import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { empty, instantSchema, participantIdSchema, tokenIdSchema } from '../http/schemas.ts';
import { createTokenAdminEndpoints } from './admin-handlers.ts';
import {
  assuranceMethodSchema,
  controlMembers,
  toControls,
  toExpiry,
  tokenMembers,
  tokenResource,
} from './control-handlers.ts';
import { inspectedSchema, renderInspected } from './inspect-handlers.ts';
import type { TokenLifecycle } from './lifecycle-service.ts';
import type { ProvisionService } from './provision-service.ts';
import type { VaultRotation } from './rotation-service.ts';
import type { TokenService } from './service.ts';
import { renderToken } from './token.ts';
import { accountBytesMax } from './vault.ts';

/** What the endpoints of tokens call. */
export interface TokenEndpointParts {
  readonly service: TokenService;
  readonly lifecycle: TokenLifecycle;
  readonly provisions: ProvisionService;
  readonly rotation: Pick<VaultRotation, 'order' | 'get'>;
  readonly now: () => Date;
}

/** An account as its bank knows it: a card or account number, an IBAN, a wallet's account name. */
const accountSchema = z
  .string()
  .max(accountBytesMax)
  .regex(/^[0-9A-Za-z][0-9A-Za-z-]{3,}$/)
  .meta({ description: 'Stored encrypted, never shown again', example: '6222021001116245702' });

const tokenRequest = z
  .strictObject({
    issuer: participantIdSchema,
    account: accountSchema,
    activation: z.enum(['at_once', 'by_wallet']).optional(),
    ...controlMembers,
  })
  .meta({ id: 'TokenRequest' });

const provisionMembers = {
  networkNumber: z.string().regex(/^\d{4}$/),
  deviceKey: z.string().meta({ description: '32 bytes, base64url; for the secure store of the device' }),
  handles: z.array(z.string().regex(/^\d{8}$/)),
};

const provisionSchema = z.strictObject(provisionMembers).meta({ id: 'PayerCodeProvision' });

const tokenCreated = z
  .strictObject({ ...tokenMembers, payerCode: provisionSchema })
  .meta({ id: 'TokenCreated' });

const payerCodeSchema = z
  .strictObject({
    tokenId: tokenIdSchema,
    payload: z.string().regex(/^39\d{22}$/),
    emvCpm: z.string().meta({ description: 'The same code in EMVCo form' }),
    expiresAt: instantSchema,
  })
  .meta({ id: 'PayerCode' });

/** Tokens: made by wallets, watched over by wallets, issuers and the operator. */
export function createTokenEndpoints(parts: TokenEndpointParts): readonly Endpoint[] {
  return [
    ...createOwnEndpoints(parts),
    ...createMoveEndpoints(parts),
    ...createPayerCodeEndpoints(parts),
    ...createTokenAdminEndpoints(parts),
  ];
}

function createOwnEndpoints({ service, lifecycle, now }: TokenEndpointParts): readonly Endpoint[] {
  const roles = ['wallet', 'issuer'] as const;
  return [
    writeEndpoint({
      method: 'post',
      path: '/v1/tokens',
      summary: 'Makes a token for an account after asking its issuer',
      roles: ['wallet'],
      request: tokenRequest,
      answer: { status: 201, schema: tokenCreated },
      handle: ({ message, sender, body }) => {
        const { issuer, account, activation = 'at_once', ...controls } = body;
        return service.create(message, sender, {
          issuer,
          account,
          activation,
          controls: toControls(controls),
          expiresAt: toExpiry(body),
        });
      },
    }),
    readEndpoint({
      method: 'get',
      path: '/v1/tokens/{tokenId}',
      summary: 'One of your tokens, or one for an account you hold',
      roles,
      answer: { status: 200, schema: tokenResource },
      handle: async ({ sender, parameters: { tokenId = '' } }) =>
        answer(200, renderToken(await service.get(sender, tokenId), now())),
    }),
    writeEndpoint({
      method: 'put',
      path: '/v1/tokens/{tokenId}/controls',
      summary: 'Changes what it is good for: the issuer as it likes, the wallet to less only',
      roles,
      request: z.strictObject(controlMembers).meta({ id: 'TokenControls' }),
      answer: { status: 200, schema: tokenResource },
      handle: ({ message, sender, body, parameters: { tokenId = '' } }) =>
        lifecycle.control(message, sender, {
          tokenId,
          controls: toControls(body),
          expiresAt: toExpiry(body),
        }),
    }),
    readEndpoint({
      method: 'get',
      path: '/v1/tokens/{tokenId}/history',
      summary: 'What happened to a token for an account you hold, and the payments it refused',
      roles: ['issuer'],
      answer: { status: 200, schema: inspectedSchema },
      handle: async ({ sender, parameters: { tokenId = '' } }) =>
        answer(200, renderInspected(await lifecycle.inspect(sender, tokenId), now())),
    }),
  ];
}

function createMoveEndpoints({ lifecycle }: TokenEndpointParts): readonly Endpoint[] {
  const roles = ['wallet', 'issuer'] as const;
  const shown = { status: 200, schema: tokenResource };
  return [
    writeEndpoint({
      method: 'post',
      path: '/v1/tokens/{tokenId}/approve',
      summary: 'The account holder is verified: lets a requested token be used',
      roles: ['issuer'],
      request: z
        .strictObject({ assuranceMethod: assuranceMethodSchema.optional() })
        .meta({ id: 'TokenApproval' }),
      answer: shown,
      handle: ({ message, sender, body, parameters: { tokenId = '' } }) =>
        lifecycle.change(message, sender, { tokenId, event: 'approve', ...body }),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/tokens/{tokenId}/activate',
      summary: 'The device is ready: makes an inactive token active',
      roles: ['wallet'],
      request: empty,
      answer: shown,
      handle: ({ message, sender, parameters: { tokenId = '' } }) =>
        lifecycle.change(message, sender, { tokenId, event: 'activate' }),
    }),
    ...(['suspend', 'resume'] as const).map((event) =>
      writeEndpoint({
        method: 'post',
        path: `/v1/tokens/{tokenId}/${event}`,
        summary: event === 'suspend' ? 'Refuses its use' : 'Takes your own suspension back',
        roles,
        request: empty,
        answer: shown,
        handle: ({ message, sender, parameters: { tokenId = '' } }) =>
          lifecycle.change(message, sender, { tokenId, event }),
      }),
    ),
    writeEndpoint({
      method: 'delete',
      path: '/v1/tokens/{tokenId}',
      summary: 'Ends a token for good',
      roles,
      answer: shown,
      handle: ({ message, sender, parameters: { tokenId = '' } }) =>
        lifecycle.change(message, sender, { tokenId, event: 'delete' }),
    }),
  ];
}

function createPayerCodeEndpoints({ provisions }: TokenEndpointParts): readonly Endpoint[] {
  return [
    writeEndpoint({
      method: 'post',
      path: '/v1/tokens/{tokenId}/payer-code-handles',
      summary: 'New handles for the device, or a new device',
      roles: ['wallet'],
      request: z
        .strictObject({ cause: z.enum(['used', 'device_lost']) })
        .meta({ id: 'HandleReplacementRequest' }),
      answer: { status: 200, schema: provisionSchema },
      handle: ({ message, sender, body, parameters: { tokenId = '' } }) =>
        provisions.replaceHandles(message, sender, { tokenId, cause: body.cause }),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/payer-codes',
      summary: 'A payer code for a device that is online; it holds for 60 seconds',
      roles: ['wallet'],
      request: z.strictObject({ tokenId: tokenIdSchema }).meta({ id: 'PayerCodeRequest' }),
      answer: { status: 201, schema: payerCodeSchema },
      handle: ({ message, sender, body }) => provisions.issueCode(message, sender, body.tokenId),
    }),
  ];
}
