import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { CodeId, ParticipantId, PaymentId, PaymentState, TokenId } from '@barlink/protocol';
import { createIds } from '@barlink/testing';
import fc from 'fast-check';
import {
  atFirstOutcome,
  counterpartyOf,
  decide,
  decideRefundable,
  directionOf,
  type Finding,
  isParty,
  nextSequence,
  nextState,
  type Payment,
  type PaymentEvent,
  type PaymentHistory,
  renderPayment,
  stateOf,
} from '../../src/payments/payment.ts';

const at = new Date('2026-03-01T08:00:00Z');
const issuerId = 'bank-north' as ParticipantId;
const acquirerId = 'acquirer-east' as ParticipantId;
const walletId = 'wallet-jade' as ParticipantId;
const newId = createIds('payment');

function payment(change: Partial<Payment> = {}): Payment {
  return {
    id: newId() as PaymentId,
    kind: 'purchase',
    presentment: 'merchant',
    amount: { currency: 'CNY', minor: 1000n },
    issuerId,
    acquirerId,
    walletId,
    senderId: walletId,
    tokenId: newId() as TokenId,
    merchant: { id: 'TEA-1', name: 'Jade Tea House', city: 'Hangzhou', category: '5814', country: 'CN' },
    codeId: 'ABCDEFGHJKMNPQRS' as CodeId,
    reference: undefined,
    originalPaymentId: undefined,
    createdAt: at,
    ...change,
  };
}

function history(states: readonly PaymentEvent['state'][], change: Partial<Payment> = {}): PaymentHistory {
  const events = states.map((state, index) => ({
    sequence: index + 1,
    state,
    reason: undefined,
    evidence: undefined,
    transferId: undefined,
    at: new Date(at.getTime() + index + 1),
  }));
  return { payment: payment(change), events };
}

/** The column heads of spec/payments.md 2, as findings; `opened` is not one. */
const findingOf: Readonly<Record<string, Finding>> = {
  approved: 'approved',
  declined: 'declined',
  'not sent': 'not_sent',
  'no answer': 'silent',
  'inquiry: approved': 'found_approved',
  'inquiry: declined': 'found_declined',
  'inquiry: other or none': 'found_nothing',
  'reverse (acquirer)': 'reverse',
};

describe('spec/payments.md 2', () => {
  const spec = readFileSync(new URL('../../../spec/payments.md', import.meta.url), 'utf8');
  const [head = [], , ...rows] = spec
    .slice(spec.indexOf('| State |'))
    .split('\n\n', 1)
    .flatMap((table) => table.split('\n'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it('has a column for every finding and a row for every state', () => {
    assert.deepEqual(head.slice(2), Object.keys(findingOf));
    assert.deepEqual(
      rows.map(([state]) => state),
      ['(none)', ...Object.keys(nextState)],
    );
  });

  for (const [state = '', , ...cells] of rows.slice(1)) {
    for (const [index, cell] of cells.entries()) {
      const column = head[index + 2] ?? '';
      const next = cell === '' || cell.startsWith('late') ? undefined : cell;
      it(`${state} + ${column} is ${next ?? 'no move'}`, () => {
        const finding = findingOf[column] as Finding;
        assert.equal(nextState[state as PaymentState][finding], next);
        assert.equal(decide(state as PaymentState, finding, undefined)?.state, next);
      });
    }
  }
});

describe('decide', () => {
  const rows: readonly [PaymentState, Finding, string][] = [
    ['authorizing', 'approved', 'captured, post'],
    ['authorizing', 'declined', 'declined ISSUER_DECLINED, void'],
    ['authorizing', 'not_sent', 'declined ISSUER_UNAVAILABLE, void'],
    ['authorizing', 'silent', 'unknown, none'],
    ['authorizing', 'found_nothing', 'reversed ISSUER_TIMEOUT, void, issuer undoes'],
    ['unknown', 'found_approved', 'captured, post'],
    ['unknown', 'found_declined', 'declined ISSUER_DECLINED, void'],
    ['unknown', 'found_nothing', 'reversed ISSUER_TIMEOUT, void, issuer undoes'],
    ['captured', 'reverse', 'reversed MERCHANT_REQUESTED, turn_back, issuer undoes'],
  ];
  for (const [state, finding, expected] of rows) {
    it(`${state} + ${finding}: ${expected}`, () => {
      const decision = decide(state, finding, undefined);
      const outcome = [decision?.state, decision?.reason].filter(Boolean).join(' ');
      const undo = decision?.isReversalDue === true ? ['issuer undoes'] : [];
      assert.equal([outcome, decision?.transfer, ...undo].join(', '), expected);
    });
  }

  it('keeps the issuer’s own reason, and gives none to a capture', () => {
    assert.equal(decide('authorizing', 'declined', 'ACCOUNT_CLOSED')?.reason, 'ACCOUNT_CLOSED');
    assert.equal(decide('authorizing', 'approved', 'ACCOUNT_CLOSED')?.reason, undefined);
  });

  it('ends: whatever is found, a payment has at most three events', () => {
    const findings = fc.array(fc.constantFrom(...Object.values(findingOf)), { maxLength: 20 });
    fc.assert(
      fc.property(findings, (found) => {
        let state: PaymentState = 'authorizing';
        const events = found.flatMap((finding) => {
          const decision = decide(state, finding, undefined);
          state = decision?.state ?? state;
          return decision === undefined ? [] : [decision];
        });
        assert.ok(events.length <= 3);
        // The reservation is posted or voided once at the most, and only what was posted is turned back.
        const moves = events.map(({ transfer }) => transfer).filter((transfer) => transfer !== 'none');
        assert.ok(['', 'post', 'void', 'post,turn_back'].includes(moves.join()), moves.join());
      }),
    );
  });
});

describe('a history', () => {
  it('stands where its last event left it', () => {
    assert.deepEqual([stateOf(history([])), nextSequence(history([]))], ['authorizing', 1]);
    const late = history(['unknown', 'captured', 'reversed']);
    assert.deepEqual([stateOf(late), nextSequence(late)], ['reversed', 4]);
  });

  it('is answered with its first outcome, whatever came later', () => {
    assert.equal(atFirstOutcome(history([])), undefined);
    assert.equal(atFirstOutcome(history(['unknown'])), undefined);
    const first = atFirstOutcome(history(['unknown', 'captured', 'reversed']));
    assert.equal(first && stateOf(first), 'captured');
  });
});

describe('decideRefundable', () => {
  const refund = (minor: bigint, states: readonly PaymentEvent['state'][]) =>
    history(states, { kind: 'refund', amount: { currency: 'CNY', minor } });
  const rows: readonly [string, readonly PaymentHistory[], bigint][] = [
    ['nothing was refunded', [], 1000n],
    ['a refund is captured', [refund(300n, ['captured'])], 700n],
    ['a refund is on its way', [refund(300n, [])], 700n],
    ['a refund’s issuer is silent', [refund(300n, ['unknown'])], 700n],
    ['a refund was declined', [refund(300n, ['declined'])], 1000n],
    ['a refund was reversed', [refund(300n, ['unknown', 'reversed'])], 1000n],
    ['all is refunded', [refund(999n, ['captured']), refund(1n, [])], 0n],
  ];
  for (const [it_, refunds, left] of rows) {
    it(`leaves ${left} when ${it_}`, () => {
      assert.equal(decideRefundable({ currency: 'CNY', minor: 1000n }, refunds), left);
    });
  }
});

describe('the parties of a payment', () => {
  it('are its issuer, its acquirer and its wallet', () => {
    const one = payment();
    const others = ['bank-south', 'operator', ''] as ParticipantId[];
    assert.ok([issuerId, acquirerId, walletId].every((id) => isParty(one, id)));
    assert.ok(!others.some((id) => isParty(one, id)));
  });

  it('hear of what they did not ask for', () => {
    assert.equal(counterpartyOf(payment()), acquirerId);
    assert.equal(counterpartyOf(payment({ senderId: acquirerId, presentment: 'consumer' })), walletId);
  });

  it('owe each other in the direction of the money', () => {
    assert.deepEqual(directionOf(payment()), { from: issuerId, to: acquirerId });
    assert.deepEqual(directionOf(payment({ kind: 'refund' })), { from: acquirerId, to: issuerId });
  });
});

describe('renderPayment', () => {
  const rows: readonly [Payment['presentment'], Partial<Payment>, ParticipantId | 'operator', boolean][] = [
    ['merchant', {}, acquirerId, false],
    ['merchant', {}, issuerId, true],
    ['merchant', {}, walletId, true],
    ['merchant', {}, 'operator', true],
    ['merchant', { walletId: acquirerId }, acquirerId, true],
    ['consumer', {}, acquirerId, true],
    ['consumer', {}, issuerId, true],
  ];
  for (const [presentment, change, viewer, isShown] of rows) {
    const who = `${viewer}${change.walletId === undefined ? '' : ' who is the wallet'}`;
    it(`${isShown ? 'shows' : 'hides'} the wallet of a ${presentment}-presented payment to ${who}`, () => {
      const rendered = renderPayment(history(['captured'], { presentment, ...change }), viewer);
      assert.equal(rendered.wallet, isShown ? (change.walletId ?? walletId) : undefined);
    });
  }

  it('never shows the token', () => {
    const one = history(['captured']);
    for (const viewer of [issuerId, acquirerId, walletId, 'operator'] as const) {
      assert.ok(!JSON.stringify(renderPayment(one, viewer)).includes(one.payment.tokenId));
    }
  });

  it('has a time of decision once there is one', () => {
    assert.equal(renderPayment(history(['unknown']), walletId).decidedAt, undefined);
    assert.equal(
      renderPayment(history(['unknown', 'captured']), walletId).decidedAt,
      '2026-03-01T08:00:00.002Z',
    );
  });
});
