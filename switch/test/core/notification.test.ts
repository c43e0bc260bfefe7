import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import { acknowledgedBy, backoffMs, planDeliveries } from '../../src/notifications/notification.ts';

function taken(id: string, to: string, kind: 'event' | 'reversal' = 'event') {
  return { id, participantId: to as ParticipantId, kind, body: JSON.stringify({ id }), attempts: 0 };
}

describe('planDeliveries', () => {
  it('puts the events of one participant together, in order, and sends each reversal alone', () => {
    const planned = planDeliveries([
      taken('1', 'a'),
      taken('2', 'b'),
      taken('3', 'a', 'reversal'),
      taken('4', 'a'),
      taken('5', 'a', 'reversal'),
    ]);
    const told = planned.map(({ participantId, path, body }) => [participantId, path, body]);
    assert.deepEqual(told, [
      ['a', '/reversals', { id: '3' }],
      ['a', '/reversals', { id: '5' }],
      ['a', '/events', { events: [{ id: '1' }, { id: '4' }] }],
      ['b', '/events', { events: [{ id: '2' }] }],
    ]);
  });

  it('puts at most 50 events into one request', () => {
    const planned = planDeliveries(Array.from({ length: 120 }, (_, at) => taken(String(at), 'a')));
    assert.deepEqual(
      planned.map(({ notifications }) => notifications.length),
      [50, 50, 20],
    );
  });

  it('plans nothing for nothing', () => {
    assert.deepEqual(planDeliveries([]), []);
  });
});

describe('acknowledgedBy', () => {
  const [events] = planDeliveries([taken('1', 'a'), taken('2', 'a')]);
  const [reversal] = planDeliveries([taken('3', 'a', 'reversal')]);
  const rows: readonly [string, typeof events, { status: number; value: unknown }, readonly string[]][] = [
    ['all events accepted', events, { status: 200, value: { accepted: ['1', '2'] } }, ['1', '2']],
    ['one event accepted', events, { status: 200, value: { accepted: ['2', '9'] } }, ['2']],
    ['no list', events, { status: 200, value: {} }, []],
    ['a list that is none', events, { status: 200, value: { accepted: '12' } }, []],
    ['another status', events, { status: 202, value: { accepted: ['1', '2'] } }, []],
    ['no object', events, { status: 200, value: null }, []],
    ['a reversal done', reversal, { status: 200, value: { outcome: 'reversed' } }, ['3']],
    ['a reversal not done', reversal, { status: 200, value: { outcome: 'approved' } }, []],
    ['a reversal refused', reversal, { status: 400, value: { outcome: 'reversed' } }, []],
  ];
  for (const [name, delivery, answer, ids] of rows) {
    it(`${name}: ${ids.length === 0 ? 'nothing' : ids.join(' and ')}`, () => {
      assert.ok(delivery);
      assert.deepEqual([...acknowledgedBy(delivery, answer)], ids);
    });
  }
});

describe('backoffMs', () => {
  it('doubles from 1 s and stays at 5 min', () => {
    const waits = [0, 1, 2, 3, 8, 9, 10, 1000].map(backoffMs);
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 256_000, 300_000, 300_000, 300_000]);
  });
});
