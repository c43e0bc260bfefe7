import assert from 'node:assert/strict';
import { createRecent } from '../src/index.ts';

describe('what was remembered last', () => {
  const least = 100;
  const remember = (keys: number) => {
    const recent = createRecent<number, string>(least);
    for (let key = 0; key < keys; key += 1) {
      recent.set(key, `value ${key}`);
    }
    const known = Array.from({ length: keys }, (_, key) => key).filter(
      (key) => recent.get(key) !== undefined,
    );
    return { recent, known };
  };

  it('holds the latest keys, however many came before, and never twice as many', () => {
    for (let keys = 1; keys <= 5 * least; keys += 1) {
      const { known } = remember(keys);
      const first = known[0] ?? 0;
      assert.deepEqual(
        known,
        Array.from({ length: known.length }, (_, at) => first + at),
      );
      assert.equal(known.at(-1), keys - 1);
      assert.ok(known.length >= Math.min(keys, least), `${known.length} of ${keys}`);
      assert.ok(known.length < 2 * least, `${known.length} of ${keys}`);
    }
  });

  it('gives back the value set last', () => {
    const { recent } = remember(least);
    recent.set(0, 'another');
    assert.equal(recent.get(0), 'another');
    assert.equal(recent.get(1), 'value 1');
    assert.equal(recent.get(least), undefined);
  });

  it('keeps a key that is set again and again', () => {
    const recent = createRecent<string, number>(least);
    for (let other = 0; other < 10 * least; other += 1) {
      recent.set('often', other);
      recent.set(`other ${other}`, other);
      assert.equal(recent.get('often'), other);
    }
  });
});
