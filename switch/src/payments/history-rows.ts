import type {
  CodeId,
  ParticipantId,
  PaymentId,
  Presentment,
  Reason,
  TokenId,
  WireMerchant,
} from '@barlink/protocol';
import type { Payment, PaymentEvent, PaymentHistory } from './payment.ts';

/** A payment `p` joined with one of its events `e`, or with none. */
export interface HistoryRow {
  payment_id: PaymentId;
  kind: Payment['kind'];
  presentment: Presentment;
  currency: string;
  amount_minor: string;
  issuer_id: ParticipantId;
  acquirer_id: ParticipantId;
  wallet_id: ParticipantId;
  sender_id: ParticipantId;
  token_id: TokenId;
  merchant: WireMerchant;
  code_id: CodeId | null;
  reference: string | null;
  original_payment_id: PaymentId | null;
  created_at: Date;
  sequence: number | null;
  state: PaymentEvent['state'] | null;
  reason: Reason | null;
  evidence_signature: string | null;
  evidence_body: string | null;
  transfer_id: string | null;
  at: Date | null;
}

/** The columns of a `HistoryRow`. */
export const historyColumns = `p.payment_id, p.kind, p.presentment, p.currency, p.amount_minor, p.issuer_id,
  p.acquirer_id,
  p.wallet_id, p.sender_id, p.token_id, p.merchant, p.code_id, p.reference, p.original_payment_id,
    p.created_at,
  e.sequence, e.state, e.reason, e.evidence_signature, e.evidence_body, e.transfer_id, e.at`;

/** Rows in the order of payments and sequences become histories in the order of payments. */
export function toHistories(rows: readonly HistoryRow[]): readonly PaymentHistory[] {
  const histories = new Map<string, { payment: Payment; events: PaymentEvent[] }>();
  for (const row of rows) {
    const history = histories.get(row.payment_id) ?? { payment: toPayment(row), events: [] };
    histories.set(row.payment_id, history);
    if (row.sequence !== null && row.state !== null && row.at !== null) {
      history.events.push({
        sequence: row.sequence,
        state: row.state,
        reason: row.reason ?? undefined,
        evidence:
          row.evidence_signature === null
            ? undefined
            : { signature: row.evidence_signature, body: row.evidence_body ?? '' },
        transferId: row.transfer_id ?? undefined,
        at: row.at,
      });
    }
  }
  return [...histories.values()];
}

function toPayment(row: HistoryRow): Payment {
  return {
    id: row.payment_id,
    kind: row.kind,
    presentment: row.presentment,
    amount: { currency: row.currency, minor: BigInt(row.amount_minor) },
    issuerId: row.issuer_id,
    acquirerId: row.acquirer_id,
    walletId: row.wallet_id,
    senderId: row.sender_id,
    tokenId: row.token_id,
    merchant: row.merchant,
    codeId: row.code_id ?? undefined,
    reference: row.reference ?? undefined,
    originalPaymentId: row.original_payment_id ?? undefined,
    createdAt: row.created_at,
  };
}
