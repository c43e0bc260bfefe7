import assert from 'node:assert/strict';
import { isUuid7, uuid7TimeMs } from '@barlink/protocol';
import { createClock, createIds } from '../src/index.ts';

describe('createClock', () => {
  it('moves only when told to', () => {
    const clock = createClock('2026-01-05T08:00:00Z');
    clock.advance(90_000);
    assert.equal(clock.now().toISOString(), '2026-01-05T08:01:30.000Z');
    clock.set(new Date('2026-02-01T00:00:00Z'));
    assert.equal(clock.now().toISOString(), '2026-02-01T00:00:00.000Z');
  });

  it('hands out instants that a caller may change without moving it', () => {
    const clock = createClock('2026-01-05T08:00:00Z');
    clock.now().setFullYear(1999);
    assert.equal(clock.now().getUTCFullYear(), 2026);
  });

  it('refuses a start that is no instant', () => {
    assert.throws(() => createClock('soon'), RangeError);
  });
});

describe('createIds', () => {
  it('gives the same UUIDv7 texts for the same seed, ascending in time', () => {
    const [first, second] = [createIds('refunds'), createIds('refunds')];
    const ids = [first(), first(), first()];
    assert.deepEqual([second(), second(), second()], ids);
    assert.ok(ids.every(isUuid7));
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Date(uuid7TimeMs(ids[0] ?? '')).getUTCFullYear(), 2026);
  });

  it('gives other ids for another seed', () => {
    assert.notEqual(createIds(1)(), createIds(2)());
  });
});
