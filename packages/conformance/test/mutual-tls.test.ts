import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWallet } from '@barlink/sdk';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import {
  createNetwork,
  loadKey,
  loadTls,
  type Network,
  prepareTls,
  type SwitchProcess,
  startSwitch,
} from '../src/index.ts';

describe('the demonstration network over mutual TLS', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;
  let running: SwitchProcess;
  let network: Network;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-mtls-'));
    database = await createTestDatabase({ migrations: [] });
    const settings = await prepareTls(folder);
    running = await startSwitch({ folder, port: 0, databaseUrl: database.url, settings });
    network = await createNetwork({ folder, switchUrl: running.url, tls: 'mutual' });
  });
  after(async () => {
    await network?.close();
    await running?.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('pays: wallet to switch, switch to bank and back, and gives money back', async () => {
    assert.match(running.url, /^https:/);
    const { wallet } = network.wallet('wallet-jade');
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    assert.ok(teahouse);
    const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
    const { text } = await teahouse.dynamicCode({ amountMinor: 1250n, reference: 'TLS-1' });
    const payment = await wallet.pay({ payload: text, tokenId });
    assert.equal(payment.state, 'captured');
    assert.equal((await teahouse.refund(payment.paymentId, { amountMinor: 250n })).state, 'captured');
  });

  it('registers receivers that speak TLS, with certificates whose end the operator sees', async () => {
    const participants = await network.operator.participants();
    for (const { participantId, url, certificates } of participants) {
      assert.equal(certificates.length, 1, participantId);
      assert.ok(certificates.every(({ notAfter }) => notAfter > new Date()));
      assert.ok(participantId === 'operator' || url.startsWith('https://'), url);
    }
  });

  it('does not let one participant speak over another’s connection', async () => {
    const key = await loadKey(folder, 'wallet-jade');
    const tls = await loadTls(folder, 'wallet-river');
    const crossed = createWallet({ switchUrl: running.url, participantId: 'wallet-jade', key, tls });
    await assert.rejects(crossed.positions(), { code: 'TLS_CERTIFICATE_MISMATCH' });
    await crossed.close();
  });

  it('keeps private keys to their owner', () => {
    for (const name of ['authority', 'barlink-switch', 'bank-north']) {
      assert.equal(statSync(join(folder, 'tls', `${name}.key.pem`)).mode & 0o777, 0o600);
    }
  });
});
