import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '@barlink/conformance';
import { formatDecimal, parseDecimal } from '@barlink/protocol';
import type { Payment } from '@barlink/sdk';
import { SdkError } from '@barlink/sdk';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { switchMigrations } from '../support/start-switch.ts';

/** The tables of spec/scenarios.md by their headings. */
const scenarios = readScenarios(readFileSync(new URL('../../../spec/scenarios.md', import.meta.url), 'utf8'));

const settings = {
  BARLINK_ISSUER_DEADLINE_MS: '700',
  BARLINK_INQUIRY_DEADLINE_MS: '300',
  BARLINK_LOG_LEVEL: 'warn',
};
const columns = { north: 'bank-north', south: 'bank-south', east: 'acquirer-east', west: 'acquirer-west' };

type Row = Readonly<Record<string, string>>;

describe('scenarios', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;
  let running: SwitchProcess;
  let network: Network;
  let closedCycle = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink-scenarios-'));
    database = await createTestDatabase({ migrations: switchMigrations });
    running = await startSwitch({ folder, port: 0, databaseUrl: database.url, settings });
    network = await createNetwork({ folder, switchUrl: running.url });
  });

  after(async () => {
    await network?.close();
    await running?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { name, rows } of scenarios) {
    it(name, async () => {
      assert.equal(await close(), 'settled');
      const before = await readNets();
      const made = new Map<string, Payment>();
      for (const row of rows) {
        const outcome = await act(row, made);
        assert.equal(outcome, row.outcome, `row ${row.row}`);
        const nets = await readNets();
        const changes = Object.keys(columns).map((column) =>
          formatDecimal({ currency: 'CNY', minor: (nets.get(column) ?? 0n) - (before.get(column) ?? 0n) }),
        );
        assert.deepEqual(
          changes,
          Object.keys(columns).map((column) => row[column]),
          `positions after row ${row.row}`,
        );
      }
      for (const bank of network.banks) {
        const net = (await readNets()).get(bank.participantId.replace('bank-', ''));
        const settled = network.settlementBank.balance(bank.participantId, 'CNY');
        assert.equal(bank.net('CNY') - settled, net, `${bank.participantId}'s own book`);
      }
    });
  }

  async function act(row: Row, made: Map<string, Payment>): Promise<string> {
    try {
      const payment = await doRow(row, made.get(row.of ?? ''));
      if (typeof payment === 'string') {
        return payment;
      }
      made.set(row.row ?? '', payment);
      return payment.reason === undefined ? payment.state : `${payment.state} ${payment.reason}`;
    } catch (error) {
      if (error instanceof SdkError) {
        return `refused ${error.code}`;
      }
      throw error;
    }
  }

  async function doRow(row: Row, earlier: Payment | undefined): Promise<Payment | string> {
    if (row.merchant === '') {
      return doSettlement(row);
    }
    const { acquirer, merchant } = findMerchant(row.merchant ?? '');
    const amount = row.amount === '' ? undefined : parseDecimal(row.amount ?? '', 'CNY');
    const amountMinor = amount?.minor ?? 0n;
    const paymentId = earlier?.paymentId ?? '';
    switch (row.what) {
      case 'scan':
      case 'show': {
        const { wallet, tokenId } = await connectAccount(row.account ?? '');
        const code =
          row.what === 'scan' ? await merchant.staticCode() : await merchant.dynamicCode({ amountMinor });
        const { trust } = await wallet.scan(code.text);
        assert.equal(trust, 'verified');
        return wallet.pay({ payload: code.text, tokenId, ...(amount === undefined ? {} : { amount }) });
      }
      case 'till': {
        const { wallet, payerCode } = await connectAccount(row.account ?? '');
        return merchant.accept({ payload: wallet.showPayerCode(payerCode, 1).text, amountMinor });
      }
      case 'refund':
        return merchant.refund(paymentId, { amountMinor });
      case 'reverse':
        return acquirer.reverse(paymentId);
      default:
        throw new Error(`row ${row.row} does nothing we know`);
    }
  }

  async function doSettlement({ what, account = '' }: Row): Promise<string> {
    const { operator, settlementBank } = network;
    switch (what) {
      case 'close':
        return close();
      case 'unfunded':
      case 'funded':
        settlementBank.setBehaviour(what === 'funded' ? 'settle' : 'reject', account);
        return 'noted';
      case 'retry':
      case 'roll': {
        const { instructions } = await operator.settlement(closedCycle);
        const rejected = instructions.find(
          ({ participant, state }) => participant === account && state === 'rejected',
        );
        const { instructionId } = rejected ?? assert.fail(`${account} has nothing rejected`);
        await (what === 'roll'
          ? operator.rollInstruction(instructionId)
          : operator.retryInstruction(instructionId));
        return settle();
      }
      default:
        throw new Error(`${what} does nothing we know`);
    }
  }

  async function close(): Promise<string> {
    const [open] = (await network.operator.cycles()).items;
    closedCycle = open?.cycleId ?? assert.fail('no cycle');
    await network.operator.closeCycle(closedCycle);
    return settle();
  }

  /** Waits until the cycle is settled, or only a rejected instruction keeps it from that. */
  async function settle(): Promise<string> {
    for (;;) {
      const { state } = await network.operator.cycle(closedCycle);
      const { instructions } = await network.operator.settlement(closedCycle);
      const isOpen = instructions.some((one) => ['instructed', 'accepted'].includes(one.state));
      const rejected = instructions.find((one) => one.state === 'rejected');
      if (state === 'settled' || (rejected !== undefined && !isOpen)) {
        return state === 'settled' ? state : `${state} ${rejected?.reason}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function connectAccount(account: string) {
    const { wallet } = network.wallets[0] ?? assert.fail('no wallet');
    const issuer = account.startsWith('NORTH') ? 'bank-north' : 'bank-south';
    return { wallet, ...(await wallet.createToken({ issuer, account })) };
  }

  function findMerchant(id: string) {
    for (const { acquirer, merchants } of network.acquirers) {
      const merchant = merchants.find(({ description }) => description.id === id);
      if (merchant !== undefined) {
        return { acquirer, merchant };
      }
    }
    throw new Error(`no merchant ${id}`);
  }

  async function readNets(): Promise<ReadonlyMap<string, bigint>> {
    const positions = await network.operator.positions();
    const paidIn = positions.map(({ participant }) => -network.settlementBank.balance(participant, 'CNY'));
    assert.equal(
      positions.reduce((sum, { net }) => sum + net, 0n),
      paidIn.reduce((sum, amount) => sum + amount, 0n),
      'positions sum to what was paid in and not yet out',
    );
    return new Map(
      Object.entries(columns).map(([column, id]) => [
        column,
        positions.find(({ participant }) => participant === id)?.net ?? 0n,
      ]),
    );
  }
});

function readScenarios(text: string): readonly { name: string; rows: readonly Row[] }[] {
  return text
    .split('\n## ')
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.split('\n');
      const table = lines.filter((line) => line.startsWith('|')).map(readCells);
      const [names = [], , ...rows] = table;
      return {
        name,
        rows: rows.map((cells) => Object.fromEntries(names.map((key, at) => [key, cells[at] ?? '']))),
      };
    });
}

function readCells(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
