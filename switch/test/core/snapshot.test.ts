import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  advanceSnapshot,
  emptySnapshot,
  formatSnapshot,
  isCovered,
  parseSnapshot,
  type Snapshot,
} from '../../src/audit/snapshot.ts';

describe('a snapshot of transactions', () => {
  it('is read and written as PostgreSQL does', () => {
    for (const text of [
      '10:20:10,14,15',
      '10:10:',
      '1:1:',
      '18446744073709551610:18446744073709551615:18446744073709551610',
    ]) {
      assert.equal(formatSnapshot(parseSnapshot(text)), text);
    }
    assert.throws(() => parseSnapshot('10;20'), /did not give a snapshot/);
  });

  it('is not advanced by a server that has lived less', () => {
    const covered = parseSnapshot('10:20:10');
    assert.throws(
      () => advanceSnapshot(covered, parseSnapshot('5:6:'), undefined),
      /moved to another server/,
    );
  });

  it('takes every transaction exactly once, in whatever order they commit and however few are taken', () => {
    // Each transaction has a number in the order of beginning, a time of beginning and one of ending.
    const plan = fc.array(fc.tuple(fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(plan, fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }), (lives, mosts) => {
        const endOf = lives.map(([life], at) => at + life);
        const taken: number[] = [];
        let covered: Snapshot = emptySnapshot;
        // More rounds than any transaction lives, with at least one taken in the later ones.
        for (let time = 0; time < 200; time += 1) {
          const most = time < mosts.length ? (mosts[time] ?? 1) : 1;
          const begun = Math.min(time, lives.length);
          const open = endOf.flatMap((end, at) => (at < begun && end >= time ? [BigInt(at + 1)] : []));
          const seen: Snapshot = { before: BigInt(begun + 1), except: open };
          const fresh = lives
            .flatMap(([, isCommitted], at) => (isCommitted && at < begun ? [at] : []))
            .filter((at) => isCovered(BigInt(at + 1), seen) && !isCovered(BigInt(at + 1), covered));
          const now = fresh.slice(0, most);
          const cut = fresh[most] === undefined ? undefined : BigInt(fresh[most] + 1);
          taken.push(...now);
          covered = advanceSnapshot(covered, seen, cut);
        }
        const committed = lives.flatMap(([, isCommitted], at) => (isCommitted ? [at] : []));
        assert.deepEqual(
          [...taken].sort((one, other) => one - other),
          committed,
        );
      }),
      { numRuns: 500 },
    );
  });
});
