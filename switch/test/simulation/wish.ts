import { createHash } from 'node:crypto';
import { formatUuid7, type Money, type ParticipantId, type PaymentId } from '@barlink/protocol';
import type { KeptAnswer, WriteMessage } from '../../src/audit/index.ts';
import type { Participant } from '../../src/participants/index.ts';
import type { PaymentService } from '../../src/payments/index.ts';
import type { World } from './world.ts';

/** What a sender asks the switch for. */
export type Asked =
  | { readonly kind: 'merchant'; readonly payload: string; readonly tokenId: string; readonly amount: Money }
  | { readonly kind: 'consumer'; readonly payload: string; readonly amount: Money }
  | { readonly kind: 'refund'; readonly paymentId: PaymentId; readonly amount: Money }
  | { readonly kind: 'reverse'; readonly paymentId: PaymentId };

/** One thing a sender wants once: it asks with the same key until it is answered. */
export interface Wish {
  readonly key: string;
  readonly sender: Participant;
  readonly asked: Asked;
  /** Every answer that ever came, in order. */
  readonly answers: string[];
  /** Why it was refused, once no copy of it was on its way any more. */
  refusal: string | undefined;
  /** Copies of its requests of which nothing was heard, so far. */
  unheard: number;
  isSettled: boolean;
}

/** A wish nobody has sent yet. */
export function makeWish(world: World, sender: Participant, asked: Asked): Wish {
  const key = formatUuid7(world.nowMs(), world.chance.bytes(10));
  return { key, sender, asked, answers: [], refusal: undefined, unheard: 0, isSettled: false };
}

/** The message of one attempt; each is signed anew and keeps the key. */
export function toMessage(world: World, wish: Wish, receivedAt: Date): WriteMessage {
  const { sender, key, asked } = wish;
  const body = JSON.stringify(asked, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
  const target = targetOf(asked);
  return {
    sender: sender.id as ParticipantId,
    kid: 'kid',
    jti: Buffer.from(world.chance.bytes(9)).toString('base64url'),
    method: 'POST',
    target,
    body: Buffer.from(body),
    signature: `signed by ${sender.id}`,
    receivedAt,
    idempotencyKey: key,
    fingerprint: createHash('sha256').update(`${target} ${body}`).digest(),
  };
}

function targetOf(asked: Asked): string {
  switch (asked.kind) {
    case 'merchant':
    case 'consumer':
      return '/v1/payments';
    case 'refund':
      return `/v1/payments/${asked.paymentId}/refunds`;
    case 'reverse':
      return `/v1/payments/${asked.paymentId}/reverse`;
    default:
      return asked satisfies never;
  }
}

/** Does at a switch process what the message asks. */
export function perform(
  service: PaymentService,
  message: WriteMessage,
  { sender, asked }: Wish,
): Promise<KeptAnswer> {
  switch (asked.kind) {
    case 'merchant': {
      const { payload, tokenId, amount } = asked;
      return service.pay(message, sender, { presentment: 'merchant', payload, tokenId, amount });
    }
    case 'consumer': {
      const { payload, amount } = asked;
      const merchant = { id: 'M-1', name: 'Tea', city: 'Xiamen', category: '5812', country: 'CN' };
      const request = { presentment: 'consumer', payload, amount, merchant, reference: undefined } as const;
      return service.pay(message, sender, request);
    }
    case 'refund':
      return service.refund(message, sender, asked.paymentId, asked.amount);
    case 'reverse':
      return service.reverse(message, sender, asked.paymentId, 'MERCHANT_REQUESTED');
    default:
      return asked satisfies never;
  }
}
