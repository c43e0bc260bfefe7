import { createHash } from 'node:crypto';
import {
  type CodeId,
  formatUuid7,
  type ParticipantId,
  type PaymentId,
  type TokenId,
} from '@barlink/protocol';
import type { WriteMessage } from '../../src/audit/index.ts';
import type { RegisteredCode } from '../../src/codes/merchant-code.ts';
import type { Notification } from '../../src/notifications/index.ts';
import type { Payment, PaymentEvent } from '../../src/payments/payment.ts';

/** When everything in these cases happens. */
export const startMs = Date.parse('2026-03-01T12:00:00Z');

/** A UUIDv7 that is the same in every run. */
export function idOf(name: string, atMs = startMs): string {
  return formatUuid7(atMs, createHash('sha256').update(name).digest().subarray(0, 10));
}

/** An instant some seconds after the start. */
export function secondsLater(seconds: number): Date {
  return new Date(startMs + seconds * 1000);
}

export function messageOf(key: string, jti: string, body = '{}'): WriteMessage {
  return {
    sender: 'wallet' as ParticipantId,
    kid: 'kid',
    jti,
    method: 'POST',
    target: '/v1/payments',
    body: Buffer.from(body),
    signature: `signature of ${jti}`,
    receivedAt: secondsLater(0),
    idempotencyKey: idOf(key),
    fingerprint: createHash('sha256').update(body).digest(),
  };
}

export function paymentOf(name: string, change: Partial<Payment> = {}): Payment {
  return {
    id: idOf(name) as PaymentId,
    kind: change.originalPaymentId === undefined ? 'purchase' : 'refund',
    presentment: 'merchant',
    amount: { currency: 'CNY', minor: 100n },
    issuerId: 'issuer' as ParticipantId,
    acquirerId: 'acquirer' as ParticipantId,
    walletId: 'wallet' as ParticipantId,
    senderId: 'wallet' as ParticipantId,
    tokenId: idOf('token') as TokenId,
    merchant: { id: 'M-1', name: 'Tea', city: 'Xiamen', category: '5812', country: 'CN' },
    codeId: undefined,
    reference: undefined,
    originalPaymentId: undefined,
    createdAt: secondsLater(0),
    ...change,
  };
}

export function eventOf(sequence: number, state: PaymentEvent['state']): PaymentEvent {
  return {
    sequence,
    state,
    reason: state === 'declined' ? 'ISSUER_DECLINED' : undefined,
    evidence: state === 'captured' ? { signature: 's', body: '{}' } : undefined,
    transferId: undefined,
    at: secondsLater(sequence),
  };
}

export function notificationOf(name: string): Notification {
  return {
    id: idOf(name),
    participantId: 'acquirer' as ParticipantId,
    kind: 'event',
    body: JSON.stringify({ name }),
  };
}

export function codeOf(codeId: string): RegisteredCode {
  return {
    codeId: codeId as CodeId,
    acquirerId: 'acquirer' as ParticipantId,
    merchant: paymentOf('any').merchant,
    mode: 'dynamic',
    uses: 'single',
    form: 'emv',
    currency: 'CNY',
    amount: { currency: 'CNY', minor: 100n },
    reference: undefined,
    expiresAt: secondsLater(3600),
    payload: `payload of ${codeId}`,
    createdAt: secondsLater(0),
  };
}
