import assert from 'node:assert/strict';
import { type Explored, explore } from './model-explore.ts';
import { mutations } from './model-mutations.ts';
import { findDeadEnds, wrongIn } from './model-properties.ts';
import { type Rules, realRules } from './model-rules.ts';
import { initialState, keyOf, type ModelState } from './model-state.ts';
import { stepsFrom } from './model-steps.ts';
import { realUndoRules, type UndoRules, undoModel } from './model-undo.ts';

function exploreLife(rules: Rules): Explored<ModelState> {
  return explore({
    initial: initialState,
    key: keyOf,
    steps: (state) => stepsFrom(state, rules),
    wrongIn: (state) => wrongIn(state, rules),
  });
}

/** What is wrong with the rules, and the shortest way to it. */
function findingsOf(explored: Explored<ModelState>): readonly string[] {
  const { violation } = explored;
  return violation === undefined ? findDeadEnds(explored) : [violation.wrong, ...violation.trace];
}

describe('the life of one payment, every interleaving (spec/payments.md 2)', function () {
  this.timeout(120_000);

  it('has an exit from every state, one outcome everywhere, and conserves money', function () {
    const explored = exploreLife(realRules);
    assert.deepEqual(findingsOf(explored), []);
    const { states, stepCount } = explored;
    assert.ok(states.length > 10_000, `only ${states.length} states were reached`);
    report(this, `${states.length} states, ${stepCount} steps`);
  });

  it('comes to every state of the table', () => {
    const { states } = exploreLife(realRules);
    const histories = new Set(states.map(({ events }) => events.join(' ')));
    assert.deepEqual([...histories].sort(), [
      '',
      'captured',
      'captured reversed',
      'declined',
      'reversed',
      'unknown',
      'unknown captured',
      'unknown captured reversed',
      'unknown declined',
      'unknown reversed',
    ]);
  });

  for (const { name, rules } of mutations) {
    it(`finds that ${name}`, function () {
      const findings = findingsOf(exploreLife(rules));
      assert.notDeepEqual(findings, [], 'the planted bug was not found');
      report(this, `${findings[0]} (${findings.length - 1} steps)`);
    });
  }
});

describe('refunds and a reversal of one purchase, every interleaving (spec/payments.md 4.5, 4.6)', () => {
  it('never give back more than was captured', function () {
    const { states, stepCount, violation } = explore(undoModel(realUndoRules));
    assert.equal(violation, undefined);
    report(this, `${states.length} states, ${stepCount} steps`);
  });

  const broken: Readonly<Record<string, Partial<UndoRules>>> = {
    'nobody takes the lock': { holdsLock: false },
    'a refund trusts what it read before the lock': { looksAgain: false },
    'refunds on their way do not count': {
      decideRefundable: (captured, refunds) =>
        realUndoRules.decideRefundable(
          captured,
          refunds.filter(({ events }) => events.length > 0),
        ),
    },
    'refunds of unknown outcome do not count': {
      decideRefundable: (captured, refunds) =>
        realUndoRules.decideRefundable(
          captured,
          refunds.filter(({ events }) => events.at(-1)?.state !== 'unknown'),
        ),
    },
    'a declined refund comes back to life': {
      decide: (state, finding, reason) =>
        realUndoRules.decide(state === 'declined' ? 'unknown' : state, finding, reason),
    },
  };
  for (const [name, change] of Object.entries(broken)) {
    it(`finds that ${name}`, function () {
      const { violation } = explore(undoModel({ ...realUndoRules, ...change }));
      assert.notEqual(violation, undefined, 'the planted bug was not found');
      report(this, `${violation?.wrong} (${violation?.trace.length} steps)`);
    });
  }
});

/** Says what was measured beside the name of the test. */
function report(context: Mocha.Context, text: string): void {
  if (context.test !== undefined) {
    context.test.title += `: ${text}`;
  }
}
