import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createGroup } from '../../src/group.ts';

describe('group commit', () => {
  function open(options: { rowsMax: number; batchesMax: number }) {
    const batches: (readonly (readonly number[])[])[] = [];
    const finish: ((error?: Error) => void)[] = [];
    const group = createGroup<number, string>({
      ...options,
      commit(calls) {
        batches.push(calls);
        return new Promise((resolve, reject) => {
          finish.push((error) =>
            error === undefined ? resolve(calls.map((rows) => rows.map(String))) : reject(error),
          );
        });
      },
    });
    return { group, batches, finish };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('sends the first call at once and gathers the rest while that commits', async () => {
    const { group, batches, finish } = open({ rowsMax: 100, batchesMax: 1 });
    const first = group.add([1]);
    await turn();
    const second = group.add([2, 3]);
    const third = group.add([4]);
    await turn();
    deepEqual(batches, [[[1]]]);
    finish[0]?.();
    deepEqual(await first, ['1']);
    await turn();
    deepEqual(batches[1], [[2, 3], [4]]);
    finish[1]?.();
    deepEqual(await second, ['2', '3']);
    deepEqual(await third, ['4']);
  });

  it('keeps calls whole and batches below their size', async () => {
    const { group, batches, finish } = open({ rowsMax: 3, batchesMax: 1 });
    const all = [[1, 2], [3, 4], [5], [6, 7, 8, 9], [10]].map((rows) => group.add(rows));
    for (let at = 0; at < 4; at += 1) {
      await turn();
      finish[at]?.();
    }
    await Promise.all(all);
    deepEqual(batches, [[[1, 2]], [[3, 4], [5]], [[6, 7, 8, 9]], [[10]]]);
  });

  it('fails the calls of a batch that failed, and goes on', async () => {
    const { group, finish } = open({ rowsMax: 1, batchesMax: 1 });
    const [first, second] = [group.add([1]), group.add([2])];
    await turn();
    finish[0]?.(new Error('the disk is full'));
    await rejects(first, /disk/);
    await turn();
    finish[1]?.();
    equal((await second)[0], '2');
  });
});
