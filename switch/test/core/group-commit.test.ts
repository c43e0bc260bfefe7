import assert from 'node:assert/strict';
import { createBatchLoader, createGroupCommit } from '../../src/database/index.ts';

describe('createGroupCommit', () => {
  /** Commits batches that are noted; refuses those with a bad item. */
  function start(batchMax = 100) {
    const batches: (readonly string[])[] = [];
    const group = createGroupCommit<string, string>({
      async commit(items) {
        batches.push(items);
        await new Promise((resolve) => setTimeout(resolve, 1));
        const bad = items.find((item) => item === 'bad' || item === 'lost');
        if (bad !== undefined) {
          throw new Error(bad);
        }
        return items.map((item) => item.toUpperCase());
      },
      batchMax,
      isLost: (error) => (error as Error).message === 'lost',
    });
    return { group, batches };
  }

  it('commits together what comes together, and answers each its own', async () => {
    const { group, batches } = start();
    const results = await Promise.all(['a', 'b', 'c'].map((item) => group.submit(item)));
    assert.deepEqual([results, batches], [['A', 'B', 'C'], [['a', 'b', 'c']]]);
    assert.equal(group.pending, 0);
  });

  it('fills the next batch while one commits', async () => {
    const { group, batches } = start(2);
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => group.submit(item)));
    assert.deepEqual(batches, [['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('waits between two batches for what is about to bring more', async () => {
    const batches: (readonly string[])[] = [];
    let bringMore = () => {};
    const group = createGroupCommit<string, string>({
      commit: async (items) => {
        batches.push(items);
        return items;
      },
      batchMax: 1,
      isLost: () => true,
      settled: () =>
        new Promise((resolve) => {
          bringMore = resolve;
        }),
    });
    const first = group.submit('a');
    const second = group.submit('b');
    await first;
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(batches, [['a']]);
    bringMore();
    await second;
    assert.deepEqual(batches, [['a'], ['b']]);
  });

  it('tries each alone when a batch fails, so that a bad one takes no neighbour with it', async () => {
    const { group, batches } = start();
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((item) => group.submit(item)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(batches, [['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('tries nothing again when the outcome may be unknown', async () => {
    const { group, batches } = start();
    const results = await Promise.allSettled(['a', 'lost'].map((item) => group.submit(item)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.deepEqual(batches, [['a', 'lost']]);
    assert.equal(await group.submit('b'), 'B');
  });
});

describe('createBatchLoader', () => {
  it('asks once for keys that come together, and again for keys that come later', async () => {
    const asked: (readonly string[])[] = [];
    const find = createBatchLoader<string, string>({
      async load(keys) {
        asked.push(keys);
        return new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, key.toUpperCase()]));
      },
      batchMax: 2,
    });
    const found = await Promise.all(['a', 'a', 'nothing'].map(find));
    assert.deepEqual(found, ['A', 'A', undefined]);
    assert.equal(await find('a'), 'A');
    assert.deepEqual(asked, [['a'], ['nothing'], ['a']]);
  });

  it('tells everyone who asked that it failed, and works again afterwards', async () => {
    let isBroken = true;
    const find = createBatchLoader<string, string>({
      async load(keys) {
        if (isBroken) {
          throw new Error('down');
        }
        return new Map(keys.map((key) => [key, key]));
      },
      batchMax: 10,
    });
    const results = await Promise.allSettled([find('a'), find('b')]);
    assert.ok(results.every(({ status }) => status === 'rejected'));
    isBroken = false;
    assert.equal(await find('a'), 'a');
  });
});
