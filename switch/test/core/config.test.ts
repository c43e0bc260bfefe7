import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { readSwitchKeys } from '../../src/key-files.ts';

const folders: string[] = [];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-keys-'));
  folders.push(folder);
  return folder;
}

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

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
    const folder = await makeFolder();
    const first = await readSwitchKeys(folder, { now: new Date() });
    const again = await readSwitchKeys(folder, { now: new Date() });
    assert.deepEqual(again.signingKeys.publish(), first.signingKeys.publish());
    assert.deepEqual(again.vaultKey, first.vaultKey);
    assert.equal((await stat(join(folder, 'keys', 'vault.key'))).mode & 0o777, 0o600);
  });

  it('refuses a file that holds something else', async () => {
    const folder = await makeFolder();
    await readSwitchKeys(folder, { now: new Date() });
    const path = join(folder, 'keys', 'vault.key');
    await writeFile(path, 'short');
    await assert.rejects(readSwitchKeys(folder, { now: new Date() }), { code: 'CONFIG_KEY_INVALID', path });
  });
});

describe('settings of TLS and tokens', () => {
  for (const [says, settings, path] of [
    ['a mode it does not know', { BARLINK_TLS: 'on' }, 'BARLINK_TLS'],
    ['mutual TLS without a certificate', { BARLINK_TLS: 'mutual' }, 'BARLINK_TLS_CERT_FILE'],
    ['a certificate without its key', { BARLINK_TLS_CERT_FILE: 'c' }, 'BARLINK_TLS_KEY_FILE'],
    ['a proxy it is not told of', { BARLINK_TLS: 'proxy' }, 'BARLINK_TLS_PROXIES'],
    ['a proxy that is no address', { BARLINK_TLS_PROXIES: 'gateway' }, 'BARLINK_TLS_PROXIES'],
    ['an authority without its key', { BARLINK_CA_CERT_FILE: 'c' }, 'BARLINK_CA_KEY_FILE'],
    ['a token without a PIN', { BARLINK_TOKEN_LIBRARY: 'l' }, 'BARLINK_TOKEN_LABEL'],
  ] as const) {
    it(`refuse ${says}`, () => {
      assert.throws(() => readConfig({ ...settings }), { code: 'CONFIG_VALUE_INVALID', path });
    });
  }

  it('refuse a key that others can read: KEY_FILE_EXPOSED', async () => {
    const folder = await makeFolder();
    await readSwitchKeys(folder, { now: new Date() });
    const path = join(folder, 'keys', 'vault.key');
    await chmod(path, 0o644);
    await assert.rejects(readSwitchKeys(folder, { now: new Date() }), { code: 'KEY_FILE_EXPOSED', path });
  });

  it('refuse a token whose library is not there: KEY_TOKEN_UNAVAILABLE', async () => {
    const folder = await makeFolder();
    const pinFile = join(folder, 'pin');
    await writeFile(pinFile, '1234', { mode: 0o600 });
    const token = { library: '/nowhere/libtoken.so', token: 't', key: 'k', pinFile };
    await assert.rejects(readSwitchKeys(folder, { now: new Date(), token }), {
      code: 'KEY_TOKEN_UNAVAILABLE',
    });
  });
});
