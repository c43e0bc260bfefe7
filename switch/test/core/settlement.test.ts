import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ParticipantId } from '@barlink/protocol';
import fc from 'fast-check';
import {
  decideFinding,
  decidePayOuts,
  type Finding,
  findSettlementAgent,
  type Instruction,
  type InstructionEvent,
  type Item,
  parseWord,
} from '../../src/settlement/settlement.ts';

interface Case {
  readonly name: string;
  readonly items: readonly {
    readonly participant: string;
    readonly due: string;
    readonly setAside: string;
  }[];
  readonly rolled: readonly string[];
  readonly paid: Readonly<Record<string, string>>;
  readonly carried: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(new URL(`../../../spec/${path}`, import.meta.url), 'utf8');
const { cases } = JSON.parse(read('vectors/clearing/pay-outs.json')) as { readonly cases: readonly Case[] };

function itemOf(participant: string, due: bigint, setAside: bigint): Item {
  const participantId = participant as ParticipantId;
  return {
    cycleId: 1,
    currency: 'CNY',
    participantId,
    due,
    setAside,
    setAsideId: due > 0n ? 'id' : undefined,
  };
}

// spec/clearing.md 6.2
describe('pay-outs', () => {
  for (const { name, items, rolled, paid, carried } of cases) {
    it(name, () => {
      const made = items.map(({ participant, due, setAside }) =>
        itemOf(participant, BigInt(due), BigInt(setAside)),
      );
      const payOuts = decidePayOuts(
        made,
        new Set(made.filter(({ participantId }) => rolled.includes(participantId))),
      );
      const amounts = (of: 'amount' | 'carry') =>
        Object.fromEntries(
          payOuts
            .filter((payOut) => payOut[of] !== 0n)
            .map((payOut) => [payOut.item.participantId, payOut[of].toString()]),
        );
      assert.deepEqual({ paid: amounts('amount'), carried: amounts('carry') }, { paid, carried });
    });
  }

  it('never give out more than came in, nor more than was set aside, and lose no unit', () => {
    const amount = fc.bigInt({ min: 1n, max: 1_000_000n });
    const debtor = fc.record({ due: amount, isRolled: fc.boolean() });
    const creditor = fc.record({ weight: amount, kept: fc.nat({ max: 100 }) });
    fc.assert(
      fc.property(
        fc.array(debtor, { minLength: 1, maxLength: 6 }),
        fc.array(creditor, { minLength: 1, maxLength: 6 }),
        (debtors, creditors) => {
          const owed = debtors.reduce((sum, { due }) => sum + due, 0n);
          const weights = creditors.reduce((sum, { weight }) => sum + weight, 0n);
          let rest = owed;
          const claims = creditors.map(({ weight, kept }, at) => {
            const due = at === creditors.length - 1 ? rest : (owed * weight) / weights;
            rest -= due;
            return itemOf(`c${at}`, due, (due * BigInt(kept)) / 100n);
          });
          const debts = debtors.map(({ due }, at) => itemOf(`d${at}`, -due, 0n));
          const rolled = new Set(debts.filter((_, at) => debtors[at]?.isRolled));
          const payOuts = decidePayOuts([...debts, ...claims.filter(({ due }) => due > 0n)], rolled);
          const cameIn = -debts.filter((item) => !rolled.has(item)).reduce((sum, { due }) => sum + due, 0n);
          const wentOut = payOuts.reduce((sum, payOut) => sum + payOut.amount, 0n);
          const held = payOuts.reduce((sum, payOut) => sum + payOut.carry, 0n);
          assert.ok(wentOut <= cameIn);
          assert.equal(cameIn - wentOut, held);
          assert.ok(payOuts.every(({ item, amount: paid }) => paid >= 0n && paid <= item.setAside));
        },
      ),
    );
  });
});

// spec/clearing.md 5
describe('an instruction', () => {
  const findings: readonly Finding[] = ['accepted', 'rejected', 'settled', 'retry', 'roll'];
  const table = /## 5\. Instructions\n([\s\S]*?)\n\n5\.1/.exec(read('clearing.md'))?.[1] ?? '';
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const before: Readonly<Record<string, readonly InstructionEvent['state'][]>> = {
    instructed: [],
    accepted: ['accepted'],
    rejected: ['rejected'],
    settled: ['settled'],
    retried: ['rejected', 'retried'],
    rolled: ['rejected', 'rolled'],
  };

  it('has its six states in the table', () => {
    assert.deepEqual(
      rows.map(([state]) => state),
      Object.keys(before),
    );
  });

  for (const [state = '', ...cells] of rows) {
    it(`${state}: ${cells.map((cell) => cell || 'refused').join(', ')}`, () => {
      const event = { reason: undefined, reference: undefined, evidence: undefined, at: new Date(0) };
      const events = (before[state] ?? []).map((one) => ({ ...event, state: one }));
      const decided = findings.map((finding) => decideFinding({ events } as unknown as Instruction, finding));
      assert.deepEqual(
        decided,
        cells.map((cell) => cell || 'conflict'),
      );
    });
  }

  it('is answered by a word on itself', () => {
    const word = { instructionId: 'i', outcome: 'settled' };
    assert.equal(parseWord(word, 'i'), 'settled');
    for (const value of [null, 'settled', { ...word, instructionId: 'j' }, { ...word, outcome: 'perhaps' }]) {
      assert.equal(parseWord(value, 'i'), undefined);
    }
  });

  it('goes to the first active agent', () => {
    const one = (id: string, state: string, ...roles: string[]) => ({
      id: id as ParticipantId,
      state,
      roles,
    });
    const all = [
      one('b', 'active', 'settlement'),
      one('a', 'suspended', 'settlement'),
      one('aa', 'active', 'issuer'),
    ];
    assert.equal(findSettlementAgent(all), 'b');
    assert.equal(findSettlementAgent([]), undefined);
  });
});
