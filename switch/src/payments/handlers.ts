import { type PaymentId, parsePaymentId } from '@barlink/protocol';
import { z } from 'zod';
import type { AuditService } from '../audit/index.ts';
import {
  answer,
  type Call,
  type Endpoint,
  type RateLimit,
  readEndpoint,
  writeEndpoint,
} from '../http/index.ts';
import {
  codeIdSchema,
  instantSchema,
  merchantSchema,
  moneySchema,
  participantIdSchema,
  payloadSchema,
  presentmentSchema,
  reasonSchema,
  referenceSchema,
  tokenIdSchema,
  wireMoneySchema,
} from '../http/schemas.ts';
import type { PaymentLookup } from './lookup-service.ts';
import { renderPayment } from './payment.ts';
import type { PaymentService } from './service.ts';

const paymentIdSchema = z.uuidv7().meta({ description: 'UUIDv7' });

const merchantPresented = z
  .strictObject({
    presentment: z.literal('merchant'),
    payload: payloadSchema,
    tokenId: tokenIdSchema,
    amount: moneySchema.optional(),
    cryptogram: z
      .strictObject({
        counter: z.int().min(1).max(0xffff_ffff),
        value: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
      })
      .optional()
      .meta({ description: "The device's word for this payment (tokens.md 4)" }),
  })
  .meta({ id: 'MerchantPresentedRequest' });

const consumerPresented = z
  .strictObject({
    presentment: z.literal('consumer'),
    payload: payloadSchema,
    amount: moneySchema,
    merchant: merchantSchema,
    reference: referenceSchema.optional(),
    terminalId: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,16}$/)
      .optional()
      .meta({ description: 'The terminal that scanned; too many wrong codes from one are refused' }),
  })
  .meta({ id: 'ConsumerPresentedRequest' });

const paymentRequest = z
  .discriminatedUnion('presentment', [merchantPresented, consumerPresented])
  .meta({ id: 'PaymentRequest' });

const paymentSchema = z
  .strictObject({
    paymentId: paymentIdSchema,
    kind: z.enum(['purchase', 'refund']),
    presentment: presentmentSchema,
    state: z.enum(['authorizing', 'unknown', 'captured', 'declined', 'reversed']),
    reason: reasonSchema.optional(),
    amount: wireMoneySchema,
    issuer: participantIdSchema,
    acquirer: participantIdSchema,
    wallet: participantIdSchema.optional(),
    merchant: merchantSchema,
    reference: z.string().optional(),
    codeId: codeIdSchema.optional(),
    originalPaymentId: paymentIdSchema.optional(),
    createdAt: instantSchema,
    decidedAt: instantSchema.optional(),
  })
  .meta({ id: 'Payment' });

const traceSchema = z
  .strictObject({
    payment: paymentSchema,
    accountMarking: z
      .string()
      .meta({ description: 'The same for all payments of the account, by whatever token' }),
    events: z.array(
      z.strictObject({
        sequence: z.int(),
        state: z.string(),
        reason: reasonSchema.optional(),
        at: instantSchema,
        transferId: z.uuid().optional(),
        evidence: z.strictObject({ signature: z.string(), body: z.string() }).optional(),
      }),
    ),
    transfers: z.array(
      z.strictObject({
        transferId: z.uuid(),
        debitAccountId: z.uuid(),
        creditAccountId: z.uuid(),
        amount: z.string(),
        pendingId: z.uuid().optional(),
        flags: z.array(z.string()),
      }),
    ),
    messages: z.array(
      z.strictObject({
        sender: participantIdSchema,
        method: z.string(),
        target: z.string(),
        signature: z.string(),
        body: z.string(),
        receivedAt: instantSchema,
      }),
    ),
  })
  .meta({ id: 'PaymentTrace' });

/** Pay, look up, reverse, refund; and the operator's trace. */
export function createPaymentEndpoints(options: {
  readonly service: PaymentService;
  readonly lookup: PaymentLookup;
  readonly audit: AuditService;
  /** How often one participant may look payments up. */
  readonly lookupLimit: RateLimit;
}): readonly Endpoint[] {
  const { service, lookup, audit, lookupLimit } = options;
  return [
    writeEndpoint({
      method: 'post',
      path: '/v1/payments',
      summary: "Pays a merchant's code (wallet) or takes a payer's code (acquirer)",
      roles: ['wallet', 'acquirer'],
      request: paymentRequest,
      answer: { status: 201, schema: paymentSchema },
      handle: ({ message, sender, body }) =>
        service.pay(
          message,
          sender,
          body.presentment === 'merchant'
            ? { amount: undefined, cryptogram: undefined, ...body }
            : { reference: undefined, terminalId: undefined, ...body },
        ),
    }),
    readEndpoint({
      method: 'get',
      path: '/v1/payments/{paymentId}',
      summary: 'One of your payments',
      roles: ['wallet', 'acquirer', 'issuer'],
      answer: { status: 200, schema: paymentSchema },
      limit: lookupLimit,
      handle: async (call) =>
        answer(200, renderPayment(await lookup.get(call.sender.id, idOf(call)), call.sender.id)),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/payments/{paymentId}/reverse',
      summary: 'Undoes a captured purchase while its clearing cycle is open',
      roles: ['acquirer'],
      request: z.strictObject({ reason: reasonSchema }).meta({ id: 'ReverseRequest' }),
      answer: { status: 200, schema: paymentSchema },
      handle: (call) => service.reverse(call.message, call.sender, idOf(call), call.body.reason),
    }),
    writeEndpoint({
      method: 'post',
      path: '/v1/payments/{paymentId}/refunds',
      summary: 'Gives back part or all of a captured purchase',
      roles: ['acquirer'],
      request: z.strictObject({ amount: moneySchema }).meta({ id: 'RefundRequest' }),
      answer: { status: 201, schema: paymentSchema },
      handle: (call) => service.refund(call.message, call.sender, idOf(call), call.body.amount),
    }),
    readEndpoint({
      method: 'get',
      path: '/admin/v1/payments/{paymentId}',
      summary: 'The trace of a payment: its events, transfers and signed messages',
      roles: ['operator'],
      answer: { status: 200, schema: traceSchema },
      handle: async (call) => answer(200, await trace(idOf(call), { service, audit })),
    }),
  ];
}

async function trace(
  id: PaymentId,
  options: { readonly service: PaymentService; readonly audit: AuditService },
) {
  const { history, accountMarking, transfers } = await options.service.trace(id);
  const messages = await options.audit.listEvidence(id);
  return {
    payment: renderPayment(history, 'operator'),
    accountMarking,
    events: history.events.map(({ at, ...event }) => ({ ...event, at: at.toISOString() })),
    transfers: transfers.map(
      ({ id: transferId, debitAccountId, creditAccountId, amount, pendingId, flags }) => ({
        transferId,
        debitAccountId,
        creditAccountId,
        amount: amount.toString(),
        ...(pendingId === undefined ? {} : { pendingId }),
        flags,
      }),
    ),
    messages: messages.map(({ receivedAt, ...message }) => ({
      ...message,
      receivedAt: receivedAt.toISOString(),
    })),
  };
}

function idOf(call: Call<unknown>): PaymentId {
  return parsePaymentId(call.parameters.paymentId ?? '', '/paymentId');
}
