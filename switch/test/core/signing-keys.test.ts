import assert from 'node:assert/strict';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { createSigningKeys, findFault } from '../../src/signing-keys.ts';

const start = Date.parse('2026-11-23T12:00:00Z');
const at = (hours: number) => new Date(start + hours * 3_600_000);

describe('the keys of the switch', () => {
  let keys: SigningKey[] = [];
  before(async () => {
    keys = await Promise.all([1, 2, 3].map(() => generateSigningKey('ES256')));
  });
  const dated = (...hours: (number | undefined)[]) =>
    hours.map((hour, index) => ({
      key: keys[index] as SigningKey,
      notBefore: hour === undefined ? undefined : at(hour),
    }));

  it('take over one after another, each published before its time and counting 24 hours beyond it', () => {
    const row = createSigningKeys(dated(undefined, 30, 60));
    const kidAt = (hours: number) => keys.findIndex(({ kid }) => kid === row.current(at(hours)).kid);
    assert.deepEqual([0, 29.99, 30, 59.99, 60, 1000].map(kidAt), [0, 0, 1, 1, 2, 2]);
    const seconds = (hours: number) => at(hours).getTime() / 1000;
    assert.deepEqual(
      row.publish().map(({ kid, nbf, exp }) => ({ kid, nbf, exp })),
      [
        { kid: keys[0]?.kid, nbf: undefined, exp: seconds(54) },
        { kid: keys[1]?.kid, nbf: seconds(30), exp: seconds(84) },
        { kid: keys[2]?.kid, nbf: seconds(60), exp: undefined },
      ],
    );
  });

  it('are faulty when none counts now or two begin within 24 hours', () => {
    assert.equal(findFault(dated(1), at(0)), 'none counts now');
    assert.equal(findFault(dated(undefined, 30, 53), at(0)), 'too close together');
    assert.equal(findFault(dated(undefined, 30, 54), at(0)), undefined);
  });

  it('are joined by one that was put beside them, when it comes 24 hours ahead', async () => {
    const row = createSigningKeys(dated(undefined), async () => dated(undefined, 30));
    await row.reload(at(7));
    assert.equal(row.publish().length, 1, 'too late to be known everywhere');
    await row.reload(at(6));
    assert.equal(row.publish().length, 2);
    assert.equal(row.current(at(31)).kid, keys[1]?.kid);
  });
});
