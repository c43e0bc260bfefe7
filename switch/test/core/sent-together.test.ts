import assert from 'node:assert/strict';
import { sentTogether } from '../../src/database/index.ts';

const failed = (code: string, turns = 0) =>
  (async () => {
    for (let turn = 0; turn < turns; turn += 1) {
      await undefined;
    }
    throw Object.assign(new Error(code), { code });
  })();

describe('sentTogether', () => {
  it('gives the results in order', async () => {
    assert.deepEqual(await sentTogether([Promise.resolve(1), Promise.resolve('two')]), [1, 'two']);
  });

  it('throws what failed first on the connection, also when its consequence is heard of before', async () => {
    await assert.rejects(sentTogether([failed('40001', 5), failed('25P02')]), { code: '40001' });
    await assert.rejects(sentTogether([failed('25P02'), failed('40P01', 5)]), { code: '40P01' });
  });

  it('throws the consequence when the cause is not among the statements', async () => {
    await assert.rejects(sentTogether([Promise.resolve(), failed('25P02')]), { code: '25P02' });
  });
});
