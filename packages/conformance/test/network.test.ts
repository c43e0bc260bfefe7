import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PaymentEvent } from '@barlink/sdk';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { runDemo } from '../src/demo-run.ts';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '../src/index.ts';
import { sumNets } from '../src/print.ts';

describe('the demonstration network on a real switch', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;
  let running: SwitchProcess;
  let network: Network;
  const heard: { readonly participantId: string; readonly event: PaymentEvent }[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-network-'));
    database = await createTestDatabase({ migrations: [] });
    await start();
  });
  after(async () => {
    await stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    running = await startSwitch({ folder, port: await freePort(), databaseUrl: database.url });
    network = await createNetwork({
      folder,
      switchUrl: running.url,
      onEvent: (participantId, event) => heard.push({ participantId, event }),
    });
  }
  async function stop(): Promise<void> {
    await network?.close();
    await running?.stop();
  }
  /** The command, in a process of its own; answers what it says. */
  async function barlink(args: readonly string[]): Promise<string> {
    const program = fileURLToPath(new URL('../../cli/bin/barlink.js', import.meta.url));
    return (await promisify(execFile)(process.execPath, [program, ...args])).stdout;
  }
  async function assertBooksAgree(): Promise<void> {
    const positions = await network.operator.positions();
    for (const [currency, sum] of sumNets(positions)) {
      assert.equal(sum, 0n, currency);
    }
    for (const bank of network.banks) {
      const own = positions.find(({ participant }) => participant === bank.participantId);
      const settled = network.settlementBank.balance(bank.participantId, 'CNY');
      assert.equal(bank.net('CNY') - settled, own?.net, bank.participantId);
    }
  }
  async function until(holds: () => boolean): Promise<void> {
    for (const endsAt = Date.now() + 10_000; !holds() && Date.now() < endsAt; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(holds(), true);
  }

  it('pays a code behind a URL once, and shows its payee only as the acquirer signed it', async () => {
    const { wallet } = network.wallet('wallet-jade');
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    assert.ok(teahouse);
    const { text } = await teahouse.dynamicCode({ amountMinor: 880n, form: 'url' });
    assert.match(text, /^http:\/\/127\.0\.0\.1:\d+\/c\/[0-9A-Z]{16}$/);
    const scan = await wallet.scan(text);
    assert.equal(scan.trust, 'verified');
    assert.equal(scan.merchant.name, teahouse.description.name);
    assert.deepEqual(scan.code.amount, { currency: 'CNY', minor: 880n });
    const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
    const paid = await wallet.pay({ payload: scan.payload, tokenId, amount: scan.code.amount });
    assert.deepEqual([paid.state, paid.amount.minor], ['captured', 880n]);
    assert.deepEqual(await wallet.scan(text), { trust: 'tampered', reason: 'CODE_DOCUMENT_GONE' });
    const again = await wallet.pay({ payload: scan.payload, tokenId });
    assert.deepEqual([again.state, again.reason], ['declined', 'CODE_ALREADY_PAID']);
    const shared = await teahouse.dynamicCode({ amountMinor: 100n, form: 'url', uses: 'many' });
    for (let time = 0; time < 2; time += 1) {
      assert.equal((await wallet.pay({ payload: shared.text, tokenId })).state, 'captured');
      assert.equal((await wallet.scan(shared.text)).trust, 'verified');
    }
  });

  it('keeps every key to its owner', () => {
    for (const name of ['operator', 'bank-north', 'acquirer-east-codes']) {
      assert.equal(statSync(join(folder, 'keys', `${name}.json`)).mode & 0o777, 0o600);
    }
  });

  it("goes through the demonstration, and the banks' books agree with the switch", async () => {
    const write = process.stdout.write;
    process.stdout.write = () => true;
    try {
      await runDemo(network);
    } finally {
      process.stdout.write = write;
    }
    await assertBooksAgree();
  });

  it('tells the acquirer and the wallet what happened', async () => {
    await until(() => heard.some(({ event }) => event.type === 'refund.captured'));
    await until(() => heard.some(({ event }) => event.type === 'payment.reversed'));
    const hearers = new Set(heard.map(({ participantId }) => participantId));
    assert.equal(hearers.has('acquirer-east'), true);
    assert.equal(
      new Set(heard.map(({ participantId, event }) => participantId + event.eventId)).size,
      heard.length,
    );
  });

  it('captures a payment whose bank booked it but did not answer in time', async () => {
    const { wallet } = network.wallet('wallet-river');
    const [, metro] = network.acquirer('acquirer-west').merchants;
    const token = await wallet.createToken({ issuer: 'bank-south', account: 'SOUTH-LATE-1006' });
    const { tokenId } = token;
    const code = await metro?.dynamicCode({ amountMinor: 300n });
    const payment = await wallet.pay({ payload: code?.text ?? '', tokenId });
    assert.equal(payment.state, 'captured');
    await assertBooksAgree();
    const trace = await network.operator.trace(payment.paymentId);
    assert.deepEqual(
      [trace.payment.paymentId, trace.messages[0]?.sender],
      [payment.paymentId, 'wallet-river'],
    );
    assert.equal(trace.events.at(-1)?.state, 'captured');
    assert.equal(trace.accountMarking, token.accountMarking);
  });

  it('is as it was after everything was stopped and started again', async () => {
    const before = await network.operator.positions();
    const participants = await network.operator.participants();
    await stop();
    await start();
    assert.deepEqual(await network.operator.participants(), participants);
    assert.deepEqual(await network.operator.positions(), before);
    await assertBooksAgree();
    const { wallet } = network.wallet('wallet-jade');
    const [teahouse] = network.acquirer('acquirer-east').merchants;
    const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
    const code = await teahouse?.dynamicCode({ amountMinor: 500n });
    const payment = await wallet.pay({ payload: code?.text ?? '', tokenId });
    assert.equal(payment.state, 'captured');
    await assertBooksAgree();
  });

  it('takes a new key for account numbers when the operator says so by the command', async () => {
    const client = ['--url', running.url, '--id', 'operator', '--key', join(folder, 'keys', 'operator.json')];
    const rotated = await barlink(['vault', 'rotate', ...client, '--wait', '--json']);
    const { rotationId, state, remaining, resealed } = JSON.parse(rotated);
    assert.deepEqual([state, remaining], ['finished', '0'], rotated);
    const shown = await barlink(['vault', 'progress', rotationId, ...client]);
    assert.equal(shown, `rotation ${rotationId}: finished, ${resealed} accounts sealed anew, 0 wait\n`);
  });

  it('refuses to run twice', async () => {
    await assert.rejects(createNetwork({ folder, switchUrl: running.url }), { code: 'NETWORK_PORT_TAKEN' });
  });

  it('can be joined by a second process with the same keys', async () => {
    const joined = await createNetwork({ folder, switchUrl: running.url, mode: 'join' });
    assert.equal((await joined.operator.participants()).length >= 7, true);
    await joined.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
