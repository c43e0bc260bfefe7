import assert from 'node:assert/strict';
import { createBatchLoader, createBeat } from '../../src/database/index.ts';

const isOver = (work: Promise<unknown>) =>
  Promise.race([work.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

describe('createBeat', () => {
  it('lets others wait for the rest of the work, and for nothing without work', async () => {
    const beat = createBeat();
    await beat.rest();
    let rest = () => {};
    let end = () => {};
    const work = beat.during((nowRests) => {
      rest = nowRests;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    const waiting = beat.rest();
    assert.equal(await isOver(waiting), false);
    rest();
    assert.equal(await isOver(waiting), true);
    end();
    await work;
  });

  it('tells when what was begun in a rest is over, failed or not', async () => {
    const beat = createBeat();
    assert.equal(beat.settled(), undefined);
    let end = () => {};
    beat.along(
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    const failing = Promise.reject(new Error('down'));
    failing.catch(() => undefined);
    beat.along(failing);
    const settled = beat.settled();
    assert.ok(settled);
    assert.equal(await isOver(settled), false);
    end();
    await settled;
    assert.equal(beat.settled(), undefined);
  });

  it('waits once for what hangs, and not for long', async () => {
    const beat = createBeat();
    beat.along(new Promise(() => undefined));
    await beat.settled();
    assert.equal(beat.settled(), undefined);
  });

  it('knows of the look-ups under way', async () => {
    const beat = createBeat();
    let answer: (found: ReadonlyMap<string, string>) => void = () => undefined;
    const find = createBatchLoader<string, string>({
      load: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      batchMax: 10,
      beat,
    });
    const found = find('a');
    await new Promise((resolve) => setImmediate(resolve));
    const settled = beat.settled();
    assert.ok(settled);
    answer(new Map([['a', 'A']]));
    await settled;
    assert.equal(await found, 'A');
    assert.equal(beat.settled(), undefined);
  });
});
