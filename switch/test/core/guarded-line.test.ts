import assert from 'node:assert/strict';
import type { ParticipantId } from '@barlink/protocol';
import {
  createGuardedLine,
  type Participant,
  type ParticipantLine,
  ParticipantSilence,
  type ParticipantWord,
} from '../../src/participants/index.ts';

const participant = (id: string): Participant => ({
  id: id as ParticipantId,
  name: id,
  number: '000001',
  roles: ['issuer'],
  url: 'http://127.0.0.1:1',
  state: 'active',
  createdAt: new Date(0),
});
const slow = participant('bank-slow');
const quick = participant('bank-quick');
const word: ParticipantWord = { status: 200, value: {}, body: '{}', signature: '' };

describe('a guarded line', () => {
  it('asks a slow participant no more than its share, and others as before', async () => {
    const { line, answer, asked } = createFake();
    const guarded = createGuardedLine(line, { atOnceMax: 3, waitingMax: 2 });
    const ask = (whom: Participant) => guarded.post(whom, '/authorizations', {}, { deadlineMs: 10_000 });
    const held = Array.from({ length: 5 }, () => ask(slow));
    await assert.rejects(ask(slow), (error) => isNotSent(error), 'the sixth is not asked');
    assert.equal(asked(slow), 3);
    const other = ask(quick);
    assert.equal(asked(quick), 1);
    answer(quick);
    await other;
    const ending = guarded.post(slow, '/reversals', {}, { deadlineMs: 10_000 });
    assert.equal(asked(slow), 4, 'what ends something has a share of its own');
    answer(slow);
    await ending;
    await Promise.all(held.slice(0, 3));
    answer(slow);
    await Promise.all(held);
    assert.equal(asked(slow), 6);
  });

  it('sends nothing for which the turn comes too late', async () => {
    const { line, answer, asked } = createFake();
    const guarded = createGuardedLine(line, { atOnceMax: 1, waitingMax: 10 });
    const first = guarded.post(slow, '/authorizations', {}, { deadlineMs: 40 });
    await assert.rejects(guarded.post(slow, '/authorizations', {}, { deadlineMs: 40 }), isNotSent);
    answer(slow);
    await first;
    assert.equal(asked(slow), 1);
  });

  it('leaves a participant without a word alone for a while, then tries it with one question', async () => {
    const { line, answer, silence, asked } = createFake();
    const guarded = createGuardedLine(line, { pauseMs: 50 });
    const ask = () => guarded.post(slow, '/authorizations', {}, { deadlineMs: 1000 });
    for (let time = 0; time < 100 && guarded.paused === 0; time += 1) {
      const asking = ask();
      silence(slow);
      await assert.rejects(asking, (error) => error instanceof ParticipantSilence);
    }
    assert.equal(guarded.paused, 1);
    const before = asked(slow);
    await assert.rejects(ask(), isNotSent);
    assert.equal(asked(slow), before, 'nothing new is asked');
    const inquiry = guarded.post(slow, '/authorizations/1/inquiry', {}, { deadlineMs: 1000 });
    answer(slow);
    await inquiry;
    await new Promise((resolve) => setTimeout(resolve, 60));
    const trial = ask();
    await assert.rejects(ask(), isNotSent, 'one tries it');
    answer(slow);
    await trial;
    const again = ask();
    answer(slow);
    await again;
    assert.equal(guarded.paused, 0);
  });

  it('passes other errors on as they are', async () => {
    const fault = new Error('a fault of ours');
    const guarded = createGuardedLine({ post: () => Promise.reject(fault) });
    await assert.rejects(guarded.post(quick, '/authorizations', {}, { deadlineMs: 10 }), fault);
  });
});

function isNotSent(error: unknown): boolean {
  return error instanceof ParticipantSilence && error.kind === 'not_sent';
}

/** A line whose participants answer when they are told to. */
function createFake() {
  const counts = new Map<Participant, number>();
  const waiting: { whom: Participant; resolve(word: ParticipantWord): void; reject(error: Error): void }[] =
    [];
  const line: ParticipantLine = {
    post: (whom) => {
      counts.set(whom, (counts.get(whom) ?? 0) + 1);
      return new Promise((resolve, reject) => waiting.push({ whom, resolve, reject }));
    },
  };
  const takeAll = (whom: Participant) => {
    const taken = waiting.filter((entry) => entry.whom === whom);
    waiting.splice(0, waiting.length, ...waiting.filter((entry) => entry.whom !== whom));
    return taken;
  };
  return {
    line,
    asked: (whom: Participant) => counts.get(whom) ?? 0,
    answer: (whom: Participant) => {
      for (const { resolve } of takeAll(whom)) {
        resolve(word);
      }
    },
    silence: (whom: Participant) => {
      for (const { reject } of takeAll(whom)) {
        reject(new ParticipantSilence('timeout'));
      }
    },
  };
}
