import { encodeMoney } from '@barlink/protocol';
import { z } from 'zod';
import { instantSchema, participantIdSchema, wireMoneySchema } from '../http/schemas.ts';
import { tokenResource } from './control-handlers.ts';
import type { InspectedToken } from './lifecycle-service.ts';
import { renderToken } from './token.ts';

/** A token with its history and the payments it refused. */
export const inspectedSchema = z
  .strictObject({
    token: tokenResource,
    wallet: participantIdSchema,
    history: z.array(
      z.strictObject({
        event: z.enum(['create', 'approve', 'activate', 'suspend', 'resume', 'control', 'replace', 'delete']),
        actor: z.enum(['wallet', 'issuer', 'operator']),
        participant: participantIdSchema,
        at: instantSchema,
      }),
    ),
    refusals: z.array(
      z.strictObject({
        reason: z.enum([
          'requestor',
          'channel',
          'merchant',
          'currency',
          'amount',
          'count',
          'validity',
          'state',
          'cryptogram',
          'counter',
          'payer_code',
        ]),
        sender: participantIdSchema,
        acquirer: participantIdSchema.optional(),
        merchantId: z.string().optional(),
        amount: wireMoneySchema,
        at: instantSchema,
      }),
    ),
  })
  .meta({ id: 'InspectedToken' });

/** @see inspectedSchema */
export function renderInspected({ token, history, refusals }: InspectedToken, now: Date) {
  return {
    token: renderToken(token, now),
    wallet: token.wallet,
    history: history.map(({ event, actor, participant, at }) => ({
      event,
      actor,
      participant,
      at: at.toISOString(),
    })),
    refusals: refusals.map(({ reason, sender, acquirer, merchantId, amount, at }) => ({
      reason,
      sender,
      ...(acquirer === undefined ? {} : { acquirer }),
      ...(merchantId === undefined ? {} : { merchantId }),
      amount: encodeMoney(amount),
      at: at.toISOString(),
    })),
  };
}
