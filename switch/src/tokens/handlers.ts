import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import {
  empty,
  instantSchema,
  moneySchema,
  participantIdSchema,
  presentmentSchema,
  tokenIdSchema,
  wireMoneySchema,
} from '../http/schemas.ts';
import type { TokenService } from './service.ts';
import { renderToken } from './token.ts';
import { accountBytesMax } from './vault.ts';

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
    presentments: z.array(presentmentSchema).min(1).max(2).optional(),
    paymentLimit: moneySchema.optional(),
    expiresAt: instantSchema.optional(),
  })
  .meta({ id: 'TokenRequest' });

const tokenMembers = {
  tokenId: tokenIdSchema,
  issuer: participantIdSchema,
  state: z.enum(['active', 'suspended', 'expired', 'deleted']),
  accountMarking: z
    .string()
    .meta({ description: 'The same for all tokens of one account, useless for payment' }),
  accountHint: z.string().meta({ description: 'Last characters of the account' }),
  presentments: z.array(presentmentSchema),
  paymentLimit: wireMoneySchema.optional(),
  expiresAt: instantSchema,
  createdAt: instantSchema,
};

const tokenResource = z.strictObject(tokenMembers).meta({ id: 'Token' });

const tokenCreated = z
  .strictObject({
    ...tokenMembers,
    payerCode: z.strictObject({
      networkNumber: z.string().regex(/^\d{4}$/),
      deviceKey: z.string().meta({ description: '32 bytes, base64url; for the secure store of the device' }),
      handles: z.array(z.string().regex(/^\d{8}$/)),
    }),
  })
  .meta({ id: 'TokenCreated' });

/** Tokens: made by wallets, watched over by wallets and issuers. */
export function createTokenEndpoints(options: {
  readonly service: TokenService;
  readonly now: () => Date;
}): readonly Endpoint[] {
  const { service, now } = options;
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
        const { issuer, account, paymentLimit, expiresAt } = body;
        const asked = body.presentments ?? presentmentSchema.options;
        return service.create(message, sender, {
          issuer,
          account,
          presentments: presentmentSchema.options.filter((presentment) => asked.includes(presentment)),
          paymentLimit,
          expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
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
    ...(['suspend', 'resume'] as const).map((event) =>
      writeEndpoint({
        method: 'post',
        path: `/v1/tokens/{tokenId}/${event}`,
        summary: event === 'suspend' ? 'Refuses its use' : 'Takes your own suspension back',
        roles,
        request: empty,
        answer: { status: 200, schema: tokenResource },
        handle: ({ message, sender, parameters: { tokenId = '' } }) =>
          service.change(message, sender, { tokenId, event }),
      }),
    ),
    writeEndpoint({
      method: 'delete',
      path: '/v1/tokens/{tokenId}',
      summary: 'Ends a token for good',
      roles,
      answer: { status: 200, schema: tokenResource },
      handle: ({ message, sender, parameters: { tokenId = '' } }) =>
        service.change(message, sender, { tokenId, event: 'delete' }),
    }),
  ];
}
