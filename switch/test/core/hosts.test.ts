import assert from 'node:assert/strict';
import { isDatabaseDown, listHosts } from '../../src/database/index.ts';

describe('listHosts', () => {
  it('leaves a URL of one host as it is', () => {
    const url = 'postgresql://barlink:a%40b@127.0.0.1:5432/barlink?sslmode=disable';
    assert.deepEqual(listHosts(url), [{ name: '127.0.0.1:5432', url }]);
  });

  it('makes a URL of each host that libpq would try', () => {
    const url =
      'postgresql://barlink:secret@one:5432,two:5433,three/barlink?target_session_attrs=read-write&a=1';
    assert.deepEqual(listHosts(url), [
      { name: 'one:5432', url: 'postgresql://barlink:secret@one:5432/barlink?a=1' },
      { name: 'two:5433', url: 'postgresql://barlink:secret@two:5433/barlink?a=1' },
      { name: 'three', url: 'postgresql://barlink:secret@three/barlink?a=1' },
    ]);
    assert.equal(listHosts('postgres://one,two/b?target_session_attrs=any')[1]?.url, 'postgres://two/b');
  });
});

describe('isDatabaseDown', () => {
  it('knows a state that passes from a fault of ours', () => {
    // crash, start, full disk, too many connections, system error, a commit in doubt, a leader become replica
    const passing = ['57P02', '57P03', '53100', '53300', '58030', '08007', '08006', '25006', 'ECONNRESET'];
    assert.deepEqual(
      passing.filter((code) => !isDatabaseDown(Object.assign(new Error(), { code }))),
      [],
    );
    assert.ok(isDatabaseDown(new Error('Query read timeout')));
    for (const code of ['23505', '42601', '40001', 'XX000']) {
      assert.ok(!isDatabaseDown(Object.assign(new Error(), { code })), code);
    }
  });
});
