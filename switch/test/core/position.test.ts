import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import { createIds } from '@barlink/testing';
import fc from 'fast-check';
import {
  capOf,
  decideCapTransfer,
  decideMoneyRoute,
  ledgerOf,
  type PositionAccounts,
  renderPosition,
} from '../../src/clearing/position.ts';

const newId = createIds('position');

function accounts(participantId: string): PositionAccounts {
  return {
    participantId: participantId as ParticipantId,
    currency: 'CNY',
    positionAccountId: newId(),
    capAccountId: newId(),
    onUsDebitAccountId: newId(),
    onUsCreditAccountId: newId(),
  };
}

describe('a position', () => {
  const bank = accounts('bank-north');
  const acquirer = accounts('acquirer-east');

  // spec/payments.md 5: net = credits posted - debits posted - cap; headroom = cap + net - reserved
  const rows: readonly [
    string,
    { cap: bigint; in: bigint; out: bigint; pending: bigint },
    readonly string[],
  ][] = [
    ['untouched', { cap: 1000n, in: 0n, out: 0n, pending: 0n }, ['0', '1000', '0', '1000']],
    ['owing', { cap: 1000n, in: 0n, out: 400n, pending: 0n }, ['-400', '1000', '0', '600']],
    ['at its cap', { cap: 1000n, in: 0n, out: 1000n, pending: 0n }, ['-1000', '1000', '0', '0']],
    ['reserving', { cap: 1000n, in: 0n, out: 400n, pending: 600n }, ['-400', '1000', '600', '0']],
    ['owed', { cap: 1000n, in: 700n, out: 200n, pending: 0n }, ['500', '1000', '0', '1500']],
    ['without cap', { cap: 0n, in: 10n, out: 0n, pending: 3n }, ['10', '0', '3', '7']],
  ];
  for (const [name, moved, [net, netDebitCap, reserved, headroom]] of rows) {
    it(`${name}: net ${net}, cap ${netDebitCap}, reserved ${reserved}, headroom ${headroom}`, () => {
      const position = {
        creditsPosted: moved.cap + moved.in,
        debitsPosted: moved.out,
        debitsPending: moved.pending,
      };
      const cap = { creditsPosted: 0n, debitsPosted: moved.cap, debitsPending: 0n };
      const expected = { net, netDebitCap, reserved, headroom };
      const rendered = renderPosition(bank, position, cap);
      assert.deepEqual(rendered, { participant: 'bank-north', currency: 'CNY', ...expected });
    });
  }

  it('pays from position to position, and to itself beside its position', () => {
    const { debitAccountId, creditAccountId } = decideMoneyRoute(bank, acquirer);
    assert.deepEqual([debitAccountId, creditAccountId], [bank.positionAccountId, acquirer.positionAccountId]);
    const own = decideMoneyRoute(bank, bank);
    assert.deepEqual(
      [own.debitAccountId, own.creditAccountId],
      [bank.onUsDebitAccountId, bank.onUsCreditAccountId],
    );
  });

  it('gets its cap from its cap account and gives it back there', () => {
    const { positionAccountId: position, capAccountId: cap } = bank;
    assert.deepEqual(decideCapTransfer(bank, 5n), {
      debitAccountId: cap,
      creditAccountId: position,
      amount: 5n,
    });
    assert.deepEqual(decideCapTransfer(bank, -5n), {
      debitAccountId: position,
      creditAccountId: cap,
      amount: 5n,
    });
  });

  it('sums to zero with all others, whatever was paid and whatever the caps are', () => {
    const members = [bank, acquirer, accounts('bank-south')];
    const index = fc.nat(members.length - 1);
    const amount = fc.bigInt(1n, 10n ** 12n);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(index, index, amount)),
        fc.array(amount, { minLength: 3 }),
        (paid, caps) => {
          const balances = new Map(
            members.flatMap((member, at) => [
              [
                member.positionAccountId,
                { creditsPosted: caps[at] ?? 0n, debitsPosted: 0n, debitsPending: 0n },
              ],
              [member.capAccountId, { creditsPosted: 0n, debitsPosted: caps[at] ?? 0n, debitsPending: 0n }],
              [member.onUsDebitAccountId, { creditsPosted: 0n, debitsPosted: 0n, debitsPending: 0n }],
              [member.onUsCreditAccountId, { creditsPosted: 0n, debitsPosted: 0n, debitsPending: 0n }],
            ]),
          );
          const get = (id: string) => balances.get(id) ?? assert.fail(id);
          for (const [from, to, minor] of paid) {
            const route = decideMoneyRoute(members[from] ?? bank, members[to] ?? bank);
            get(route.debitAccountId).debitsPosted += minor;
            get(route.creditAccountId).creditsPosted += minor;
          }
          const nets = members.map((member) =>
            BigInt(renderPosition(member, get(member.positionAccountId), get(member.capAccountId)).net),
          );
          assert.equal(
            nets.reduce((sum, net) => sum + net, 0n),
            0n,
          );
        },
      ),
    );
  });

  it('reads its cap off the cap account, and its ledger off the currency', () => {
    assert.equal(capOf({ debitsPosted: 900n, creditsPosted: 400n, debitsPending: 0n }), 500n);
    assert.deepEqual([ledgerOf('CNY'), ledgerOf('JPY')], [156, 392]);
  });
});
