import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { gatherWrites } from '../../src/database/gather-writes.ts';

/** A stream that notes what left together. */
function createSink() {
  const left: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    writev(chunks, done) {
      left.push(chunks.map(({ chunk }) => chunk as string).join(''));
      done();
    },
    write(chunk: string, _encoding, done) {
      left.push(chunk);
      done();
    },
  });
  return { left, stream };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('gatherWrites', () => {
  it('lets what one answer sets off leave together, what awaits it included', async () => {
    const { left, stream } = createSink();
    const gather = gatherWrites(stream);
    const write = (text: string) => {
      gather();
      stream.write(text);
    };
    await Promise.resolve();
    write('begin;');
    await Promise.resolve().then(() => write('insert;'));
    assert.deepEqual(left, []);
    await nextTurn();
    assert.deepEqual(left, ['begin;insert;']);
    write('commit;');
    await nextTurn();
    assert.deepEqual(left, ['begin;insert;', 'commit;']);
  });

  it('sends what has become long without waiting for the rest', async () => {
    const { left, stream } = createSink();
    const gather = gatherWrites(stream);
    const long = 'x'.repeat(10_000);
    for (const text of [long, long, 'end']) {
      gather();
      stream.write(text);
    }
    assert.deepEqual(left, [long + long]);
    await nextTurn();
    assert.deepEqual(left, [long + long, 'end']);
  });
});
