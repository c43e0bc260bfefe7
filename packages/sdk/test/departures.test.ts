import assert from 'node:assert/strict';
import { createDepartures } from '../src/departures.ts';

/** Departures whose clock the test holds. */
function startDepartures() {
  let nowMs = 1000;
  const due: { readonly work: () => void; readonly atMs: number }[] = [];
  const departures = createDepartures({
    monotonicMs: () => nowMs,
    later: (work, afterMs) => due.push({ work, atMs: nowMs + afterMs }),
  });
  const left: string[] = [];
  return {
    departures,
    left,
    ask: (name: string) => void departures.turn().then(() => left.push(`${name} at ${nowMs}`)),
    async passTo(ms: number) {
      nowMs = ms;
      for (const { work } of due.filter(({ atMs }) => atMs <= ms)) {
        work();
      }
      due.splice(0, due.length, ...due.filter(({ atMs }) => atMs > ms));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('departures of a sender (spec/messages.md 6.6)', () => {
  it('let a message that comes alone leave at once', async () => {
    const { ask, left, passTo } = startDepartures();
    ask('first');
    await passTo(1000);
    ask('second, long after');
    await passTo(1040);
    ask('third');
    await passTo(1080);
    assert.deepEqual(left, ['first at 1000', 'second, long after at 1040', 'third at 1080']);
  });

  it('let what comes shortly after one wait for the next, and leave together', async () => {
    const { ask, left, passTo } = startDepartures();
    ask('a');
    ask('b');
    await passTo(1000);
    ask('c');
    await passTo(1001);
    ask('d');
    await passTo(1002);
    assert.deepEqual(left, ['a at 1000', 'b at 1000']);
    await passTo(1003);
    assert.deepEqual(left.slice(2), ['c at 1003', 'd at 1003']);
  });

  for (const [answerMs, spacingMs] of [
    [0, 3],
    [20, 15],
    [40, 30],
    [60, 40],
    [10_000, 40],
  ] as const) {
    it(`are ${spacingMs} ms apart when answers take ${answerMs} ms`, async () => {
      const { departures, ask, left, passTo } = startDepartures();
      for (let answers = 0; answers < 200; answers += 1) {
        departures.note(answerMs);
      }
      ask('a');
      await passTo(1000);
      ask('b');
      await passTo(1000 + spacingMs - 1);
      assert.deepEqual(left, ['a at 1000']);
      await passTo(1000 + spacingMs);
      assert.deepEqual(left, ['a at 1000', `b at ${1000 + spacingMs}`]);
    });
  }
});
