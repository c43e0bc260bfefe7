import assert from 'node:assert/strict';
import { claimedSender, createAdmission, decideWindow } from '../../src/http/admission.ts';
import { createRateLimit } from '../../src/http/rate-limit.ts';

describe('admission', () => {
  it('refuses the one that holds most first, and keeps room for one that comes new', () => {
    const admission = createAdmission({ heldMax: 100 });
    const greedy = countAdmitted(admission, 'greedy', 1000);
    assert.ok(greedy >= 75 && greedy <= 80, `${greedy} of 100 places`);
    const late = countAdmitted(admission, 'late', 1000);
    assert.ok(late >= 10, `${late} places for the second`);
    assert.ok(countAdmitted(admission, 'third', 1) === 1, 'and one for a third');
    assert.equal(admission.enter('greedy'), undefined);
    assert.deepEqual([admission.isFull('greedy'), admission.isFull('fourth')], [true, false]);
    assert.equal(admission.held, greedy + late + 1, 'who only asks takes no place');
  });

  it('gives a place back once, whoever says it first', () => {
    const admission = createAdmission({ heldMax: 100 });
    const message = {};
    const place = admission.enter('a');
    place?.carry(message);
    admission.passed(message);
    admission.passed(message);
    assert.deepEqual([admission.queued, admission.held], [0, 1]);
    place?.leave('served');
    assert.deepEqual([admission.queued, admission.held], [0, 0]);
    admission.passed({});
  });

  it('shortens the queue when the least wait of an interval is over the target, and lengthens it after', () => {
    let at = 0;
    const admission = createAdmission({ heldMax: 2000, targetMs: 100, now: () => at });
    const before = admission.window;
    serveEach(300);
    assert.ok(admission.window < before, `${admission.window} after waits of 300 ms`);
    const short = admission.window;
    for (let round = 0; round < 5; round += 1) {
      serveEach(20);
    }
    assert.ok(admission.window > short, `${admission.window} after waits of 20 ms`);

    function serveEach(waitMs: number): void {
      const places = Array.from({ length: 300 }, (_, sender) => admission.enter(`s${sender}`));
      at += waitMs;
      for (const place of places) {
        place?.leave('served');
      }
      at += 100;
      for (let more = 0; more < 6; more += 1) {
        const place = admission.enter('last');
        at += waitMs;
        place?.leave('served');
      }
    }
  });

  it('never closes altogether, and lets a queue that is long enough be', () => {
    const measured = { window: 1000, targetMs: 100, heldMax: 2000, most: 900, refused: 0, leastMs: 20 };
    assert.equal(decideWindow(measured), 1100);
    assert.equal(decideWindow({ ...measured, most: 10 }), 1000, 'no pressure, no change');
    assert.equal(decideWindow({ ...measured, leastMs: 150 }), 600);
    assert.equal(decideWindow({ ...measured, leastMs: 10_000 }), 450, 'at most by half at once');
    assert.equal(decideWindow({ ...measured, most: 60, leastMs: 10_000 }), 160);
    assert.equal(decideWindow({ ...measured, window: 100, heldMax: 100, leastMs: 10_000 }), 100);
    assert.equal(decideWindow({ ...measured, window: 2000, most: 1999 }), 2000);
  });

  it('refuses nothing of what two senders keep in flight on a machine that is merely slow', () => {
    let at = 0;
    const admission = createAdmission({ heldMax: 2000, now: () => at });
    for (let round = 0; round < 20; round += 1) {
      const places = Array.from({ length: 128 }, (_, at) => admission.enter(`s${at % 2}`));
      at += 700;
      for (const place of places) {
        assert.ok(place !== undefined, `refused in round ${round}, window ${admission.window}`);
        place.leave('served');
      }
    }
    assert.ok(admission.window < 256, 'the waits were noticed');
  });

  it('costs a microsecond or two a request', () => {
    const admission = createAdmission({ heldMax: 2000 });
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'k'.repeat(43), iss: 'wallet-jade' }));
    const signature = `${header.toString('base64url')}..${'s'.repeat(86)}`;
    const times = 20_000;
    const startedAt = process.cpuUsage();
    for (let time = 0; time < times; time += 1) {
      const message = {};
      const place = admission.enter(claimedSender(signature));
      place?.carry(message);
      admission.passed(message);
      place?.leave('refused');
    }
    const { user, system } = process.cpuUsage(startedAt);
    assert.ok((user + system) / times < 50, `${((user + system) / times).toFixed(2)} us`);
  });
});

describe('claimedSender', () => {
  const header = (value: object) => `${Buffer.from(JSON.stringify(value)).toString('base64url')}..sig`;

  it('reads who a request says it is from', () => {
    assert.equal(claimedSender(header({ alg: 'ES256', iss: 'wallet-jade', aud: 'x' })), 'wallet-jade');
  });

  it('counts all that name nobody as one', () => {
    for (const nobody of [undefined, '', '..', 'a', header({}), header({ iss: 'x'.repeat(100) })]) {
      assert.equal(claimedSender(nobody), '?', String(nobody));
    }
  });
});

describe('a rate limit', () => {
  it('lets a sender ask so often a second, and refuses who claims to be it before any signature', async () => {
    let at = 0;
    const limit = createRateLimit({ perSecond: 3, now: () => at });
    for (let time = 0; time < 3; time += 1) {
      limit.assertOpen('a');
      await limit.take('a');
    }
    limit.assertOpen('a');
    await assert.rejects(limit.take('a'), { code: 'SENDER_RATE_EXCEEDED' });
    assert.throws(() => limit.assertOpen('a'), { code: 'SENDER_RATE_EXCEEDED' });
    await limit.take('b');
    at += 1000;
    limit.assertOpen('a');
  });
});

function countAdmitted(admission: ReturnType<typeof createAdmission>, sender: string, times: number): number {
  let admitted = 0;
  for (let time = 0; time < times; time += 1) {
    admitted += admission.enter(sender) === undefined ? 0 : 1;
  }
  return admitted;
}
