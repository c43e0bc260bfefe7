import {
  type AuthorizationRequest,
  encodeMoney,
  isReason,
  type PaymentId,
  type Reason,
  type ReversalRequest,
} from '@barlink/protocol';
import { z } from 'zod';
import {
  type Participant,
  type ParticipantLine,
  ParticipantSilence,
  type ParticipantWord,
} from '../participants/index.ts';
import type { Finding, Payment, PaymentEvent } from './payment.ts';

/** What the issuer's side of a payment turned out to be. */
export interface IssuerFinding {
  readonly finding: Finding;
  readonly reason: Reason | undefined;
  readonly evidence: PaymentEvent['evidence'];
}

/** The account that pays or gets back: for its issuer and nobody else, never for a log. */
export interface PayerAccount {
  readonly account: string;
  readonly accountMarking: string;
}

/** The switch's side of the conversation with an issuer about one payment. */
export interface IssuerLeg {
  /** Asks the issuer to take or give back the amount; one question, one deadline. */
  authorize(issuer: Participant, payment: Payment, payer: PayerAccount): Promise<IssuerFinding>;
  /** Asks what became of an authorization that was not answered: at most twice. */
  inquire(issuer: Participant, payment: Payment): Promise<IssuerFinding>;
}

const answerSchema = z.object({
  paymentId: z.string(),
  outcome: z.enum(['approved', 'declined', 'reversed', 'not_found']),
  reason: z.string().optional(),
});

/** Tries of an inquiry (spec/payments.md 3). */
const inquiriesMax = 2;

/** The conversation over a line to participants. */
export function createIssuerLeg(options: {
  readonly client: ParticipantLine;
  readonly issuerDeadlineMs: number;
  readonly inquiryDeadlineMs: number;
  readonly now: () => Date;
}): IssuerLeg {
  const { client, issuerDeadlineMs, inquiryDeadlineMs, now } = options;
  return {
    async authorize(issuer, payment, payer) {
      const deadline = new Date(now().getTime() + issuerDeadlineMs);
      const request = toAuthorization(payment, { deadline, ...payer });
      try {
        const word = await client.post(issuer, '/authorizations', request, { deadlineMs: issuerDeadlineMs });
        const answer = readAnswer(word, payment.id);
        if (answer?.outcome === 'approved' || answer?.outcome === 'declined') {
          return { finding: answer.outcome, reason: answer.reason, evidence: evidenceOf(word) };
        }
      } catch (error) {
        if (!(error instanceof ParticipantSilence)) {
          throw error;
        }
        if (error.kind === 'not_sent') {
          return { finding: 'not_sent', reason: undefined, evidence: undefined };
        }
      }
      return { finding: 'silent', reason: undefined, evidence: undefined };
    },
    async inquire(issuer, payment) {
      for (let inquiry = 1; inquiry <= inquiriesMax; inquiry += 1) {
        try {
          const path = `/authorizations/${payment.id}/inquiry`;
          const word = await client.post(issuer, path, {}, { deadlineMs: inquiryDeadlineMs });
          const answer = readAnswer(word, payment.id);
          if (answer !== undefined) {
            return { finding: foundBy[answer.outcome], reason: answer.reason, evidence: evidenceOf(word) };
          }
        } catch (error) {
          if (!(error instanceof ParticipantSilence)) {
            throw error;
          }
        }
      }
      return { finding: 'found_nothing', reason: undefined, evidence: undefined };
    },
  };
}

const foundBy = {
  approved: 'found_approved',
  declined: 'found_declined',
  reversed: 'found_nothing',
  not_found: 'found_nothing',
} as const satisfies Record<string, Finding>;

function toAuthorization(
  payment: Payment,
  sent: PayerAccount & { readonly deadline: Date },
): AuthorizationRequest {
  return {
    paymentId: payment.id,
    kind: payment.kind,
    presentment: payment.presentment,
    account: sent.account,
    accountMarking: sent.accountMarking,
    amount: encodeMoney(payment.amount),
    acquirer: payment.acquirerId,
    merchant: payment.merchant,
    ...(payment.originalPaymentId === undefined ? {} : { originalPaymentId: payment.originalPaymentId }),
    deadline: sent.deadline.toISOString(),
  };
}

/** The message that makes an issuer undo a payment, or refuse it should it still come. */
export function toReversal(paymentId: PaymentId, reason: Reason): ReversalRequest {
  return { paymentId, reason };
}

/** An answer that is not about this payment or not of this form is no answer. */
function readAnswer(
  word: ParticipantWord,
  paymentId: PaymentId,
): { outcome: keyof typeof foundBy; reason: Reason | undefined } | undefined {
  const parsed = answerSchema.safeParse(word.value);
  if (word.status !== 200 || !parsed.success || parsed.data.paymentId !== paymentId) {
    return undefined;
  }
  const { outcome, reason } = parsed.data;
  return { outcome, reason: reason !== undefined && isReason(reason) ? reason : undefined };
}

function evidenceOf(word: ParticipantWord): PaymentEvent['evidence'] {
  return { signature: word.signature, body: word.body };
}
