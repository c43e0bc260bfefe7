import assert from 'node:assert/strict';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { readSwitchKeys } from '../../src/key-files.ts';

describe('readConfig', () => {
  it('has a default for every setting', () => {
    assert.equal(readConfig({}).port, 8080);
    assert.equal(readConfig({ BARLINK_PORT: '9000' }).port, 9000);
  });

  for (const [name, value] of [
    ['BARLINK_PORT', '80 80'],
    ['BARLINK_REQUESTS_MAX', '-1'],
    ['BARLINK_SWITCH_ID', 'Switch!'],
    ['BARLINK_NETWORK_NUMBER', '12345'],
  ] as const) {
    it(`refuses ${name}=${value} by name`, () => {
      assert.throws(() => readConfig({ [name]: value }), { code: 'CONFIG_VALUE_INVALID', path: name });
    });
  }
});

describe('readSwitchKeys', () => {
  it('makes keys for their owner only, once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barlink-keys-'));
    const first = await readSwitchKeys(folder, { now: new Date() });
    const again = await readSwitchKeys(folder, { now: new Date() });
    assert.deepEqual(again.signingKeys.publish(), first.signingKeys.publish());
    assert.deepEqual(again.vaultKey, first.vaultKey);
    assert.equal((await stat(join(folder, 'keys', 'vault.key'))).mode & 0o777, 0o600);
  });

  it('refuses a file that holds something else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barlink-keys-'));
    await readSwitchKeys(folder, { now: new Date() });
    const path = join(folder, 'keys', 'vault.key');
    await writeFile(path, 'short');
    await assert.rejects(readSwitchKeys(folder, { now: new Date() }), { code: 'CONFIG_KEY_INVALID', path });
  });
});
