import assert from 'node:assert/strict';
import { createFloodGuard, sourceOf } from '../../src/http/flood-guard.ts';

describe('the flood guard', () => {
  let nowMs = 0;
  const start = () => createFloodGuard(() => nowMs);
  const refuse = (guard: ReturnType<typeof start>, source: string, times: number) => {
    for (let time = 0; time < times; time += 1) {
      guard.noteRefused(source);
    }
  };

  it('lets sources alone that have few refusals, and others beside a flood', () => {
    const guard = start();
    refuse(guard, '10.0.0.1', 50);
    refuse(guard, '10.0.0.66', 10_000);
    for (const source of ['10.0.0.1', '10.0.0.2']) {
      assert.equal(guard.enter(source), undefined);
      assert.equal(guard.holdMs(source), 0);
      assert.ok(guard.mayConnect(source, 5000));
    }
  });

  it('gives a flood two turns at a time, a short line, slow refusals and few connections', async () => {
    const guard = start();
    refuse(guard, 'flood', 300);
    assert.equal(guard.holdMs('flood'), 1000);
    assert.deepEqual([guard.mayConnect('flood', 31), guard.mayConnect('flood', 32)], [true, false]);
    const [first] = await Promise.all([guard.enter('flood'), guard.enter('flood')]);
    let entered = 0;
    const line = Array.from({ length: 64 }, () => guard.enter('flood')?.then(() => (entered += 1)));
    await assert.rejects(guard.enter('flood') ?? Promise.resolve(), { code: 'SWITCH_OVERLOADED' });
    assert.equal(entered, 0);
    first?.();
    await line[0];
    assert.equal(entered, 1, 'one turn was given back');
  });

  it('forgets ten refusals a second, and never counts more than 300', () => {
    const guard = start();
    refuse(guard, 'flood', 100_000);
    nowMs += 20_000;
    assert.ok(guard.holdMs('flood') > 0);
    nowMs += 5_001;
    assert.equal(guard.enter('flood'), undefined);
  });

  it('knows a source by its address, one network of IPv6 as one, and believes gateways of ours only', () => {
    const gateways = new Set(['10.1.1.1']);
    assert.equal(sourceOf('::ffff:192.0.2.7', '198.51.100.1', gateways), '192.0.2.7');
    assert.equal(sourceOf('10.1.1.1', '203.0.113.9, 198.51.100.1', gateways), '198.51.100.1');
    assert.equal(sourceOf('10.1.1.1', undefined, gateways), '10.1.1.1');
    assert.equal(sourceOf('2001:db8:1:2:aaaa::1', undefined, gateways), '2001:db8:1:2');
  });
});
