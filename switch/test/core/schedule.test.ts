import assert from 'node:assert/strict';
import { findLastCutOff, isCloseDue } from '../../src/clearing/schedule.ts';

// spec/clearing.md 1.5
const rows: readonly [string, string, readonly string[], string, string | undefined][] = [
  ['the one just reached', 'UTC', ['16:30'], '2026-03-01T16:30:00Z', '2026-03-01T16:30:00Z'],
  ['yesterday’s, a second before', 'UTC', ['16:30'], '2026-03-01T16:29:59Z', '2026-02-28T16:30:00Z'],
  ['the later of two', 'UTC', ['11:00', '16:30'], '2026-03-01T17:00:00Z', '2026-03-01T16:30:00Z'],
  ['local hours', 'Asia/Shanghai', ['16:30'], '2026-03-01T08:30:00Z', '2026-03-01T08:30:00Z'],
  [
    'the day there, not here',
    'Pacific/Kiritimati',
    ['00:30'],
    '2026-02-28T10:30:00Z',
    '2026-02-28T10:30:00Z',
  ],
  ['half an hour off', 'Asia/Kolkata', ['09:00'], '2026-03-01T03:30:00Z', '2026-03-01T03:30:00Z'],
  ['summer time', 'Europe/Berlin', ['16:30'], '2026-07-01T14:30:00Z', '2026-07-01T14:30:00Z'],
  ['a time that is left out', 'Europe/Berlin', ['02:30'], '2026-03-29T01:30:00Z', '2026-03-29T01:30:00Z'],
  ['not before it', 'Europe/Berlin', ['02:30'], '2026-03-29T01:29:00Z', '2026-03-28T01:30:00Z'],
  [
    'a time that comes twice: first',
    'Europe/Berlin',
    ['02:30'],
    '2026-10-25T01:45:00Z',
    '2026-10-25T00:30:00Z',
  ],
  ['none', 'UTC', [], '2026-03-01T16:30:00Z', undefined],
];

describe('the last cut-off', () => {
  for (const [name, timeZone, cutOffs, now, expected] of rows) {
    it(`is ${name}: ${cutOffs.join(' ')} ${timeZone} at ${now}`, () => {
      const found = findLastCutOff({ timeZone, cutOffs }, new Date(now));
      assert.equal(
        found?.toISOString(),
        expected === undefined ? undefined : new Date(expected).toISOString(),
      );
    });
  }

  it('closes a cycle that was opened before it, once', () => {
    const schedule = { timeZone: 'UTC', cutOffs: ['16:30'] };
    const at = (time: string) => new Date(`2026-03-01T${time}Z`);
    assert.equal(isCloseDue(schedule, at('16:00:00'), at('16:29:59')), false);
    assert.equal(isCloseDue(schedule, at('16:00:00'), at('16:30:00')), true);
    assert.equal(isCloseDue(schedule, at('16:30:00'), at('16:30:01')), false);
    assert.equal(isCloseDue(schedule, at('16:30:00'), at('23:00:00')), false);
  });
});
