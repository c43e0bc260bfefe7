import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '@barlink/conformance';
import { newIdempotencyKey, type Payment, SdkError } from '@barlink/sdk';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { freePort } from '../support/free-port.ts';
import { switchMigrations } from '../support/start-switch.ts';

/** One payment somebody wants: sent with the same key until there is an answer. */
interface Wish {
  readonly key: string;
  readonly amountMinor: bigint;
  readonly answer: Payment;
}

const kills = Number(process.env.BARLINK_KILLS ?? 6);
const payersAtOnce = 12;
const settings = {
  BARLINK_SWEEP_AFTER_MS: '2500',
  BARLINK_ISSUER_DEADLINE_MS: '800',
  BARLINK_INQUIRY_DEADLINE_MS: '400',
  BARLINK_LOG_LEVEL: 'warn',
};

/** A small linear congruential generator: the run can be repeated from the seed it prints. */
function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const processes of [1, 2]) {
  describe(`kill -9 of one of ${processes} switch processes on one database, under load`, function () {
    this.timeout(180_000);
    const seed = Number(process.env.BARLINK_SEED ?? Date.now() % 1_000_000);
    const chance = createChance(seed);
    let folder: string;
    let port: number;
    let database: TestDatabase;
    /** The first one is killed and started again; the others live on. */
    let running: SwitchProcess[];
    let network: Network;
    /** The same participants' clients for each process. */
    let clients: readonly Network[];

    const start = (at: number) => startSwitch({ folder, port: at, databaseUrl: database.url, settings });

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'barlink-kill-'));
      port = await freePort();
      database = await createTestDatabase({ migrations: switchMigrations });
      running = [await start(port)];
      for (let more = 1; more < processes; more += 1) {
        running.push(await start(0));
      }
      network = await createNetwork({ folder, switchUrl: running[0]?.url ?? '' });
      const others = running
        .slice(1)
        .map(({ url }) => createNetwork({ folder, switchUrl: url, mode: 'join' }));
      clients = [network, ...(await Promise.all(others))];
    });

    after(async () => {
      await Promise.all(clients?.map((client) => client.close()) ?? []);
      await Promise.all(running?.map((process) => process.stop()) ?? []);
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    it(`loses, doubles and leaves open no payment (seed ${seed})`, async () => {
      const wishes = await payWhileKilled();
      assert.ok(wishes.length > 100, `only ${wishes.length} payments were made`);
      await everythingIsDelivered();
      await assertOnePaymentEach(wishes);
      await assertBooksAgree();
    });

    function anyClient(): Network {
      return clients[Math.floor(chance() * clients.length)] ?? network;
    }

    async function payWhileKilled(): Promise<readonly Wish[]> {
      const wishes: Wish[] = [];
      let isOver = false;
      const pay = await preparePayers();
      const payers = Array.from({ length: payersAtOnce }, async (_, payer) => {
        while (!isOver) {
          const wish = {
            key: newIdempotencyKey(new Date()),
            amountMinor: 1n + BigInt(Math.floor(chance() * 5000)),
          };
          // Each try goes to any process; now and then the same request goes to all of them at once.
          const everywhere = chance() < 0.1 ? clients : [undefined];
          const answers = await Promise.all(
            everywhere.map((client) => untilAnswered(() => pay(payer, wish, client ?? anyClient()))),
          );
          const [answer = assert.fail('no answer')] = answers;
          for (const other of answers) {
            assert.deepEqual(other, answer, 'the same answer from every process');
          }
          wishes.push({ ...wish, answer });
        }
      });
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(300 + chance() * 1500);
        const [victim] = running;
        process.kill(victim?.pid ?? 0, 'SIGKILL');
        await victim?.ended;
        running[0] = await start(port);
      }
      await pause(500);
      isOver = true;
      await Promise.all(payers);
      return wishes;
    }

    /**
     * Both wallets pay at both acquirers from accounts of both banks; some accounts decline, are slow or stay
     * silent.
     */
    async function preparePayers() {
      const codes = await Promise.all(
        network.acquirers.flatMap(({ merchants }) => merchants.map((merchant) => merchant.staticCode())),
      );
      const accounts = ['1001', '1002', 'BLOCKED-1004', 'TIMEOUT-1005', 'LATE-1006'];
      const tokens = await Promise.all(
        network.wallets.flatMap(({ participantId, wallet }) =>
          ['NORTH', 'SOUTH'].flatMap((bank) =>
            accounts.map(async (account) => {
              const issuer = `bank-${bank.toLowerCase()}`;
              const { tokenId } = await wallet.createToken({ issuer, account: `${bank}-${account}` });
              return { participantId, tokenId, isSlow: /TIMEOUT|LATE/.test(account) };
            }),
          ),
        ),
      );
      const quick = tokens.filter((token) => !token.isSlow);
      const slow = tokens.filter((token) => token.isSlow);
      return (payer: number, { key, amountMinor }: Omit<Wish, 'answer'>, client: Network) => {
        const group = payer === 0 ? slow : quick;
        // The choice hangs on the key, so that a repeated request is the same request.
        const choice = Number.parseInt(key.slice(-6), 16);
        const { participantId, tokenId } = group[choice % group.length] ?? assert.fail('no token');
        const payload = codes[choice % codes.length]?.text ?? '';
        return client.wallet(participantId).wallet.pay({
          payload,
          tokenId,
          amount: { currency: 'CNY', minor: amountMinor },
          idempotencyKey: key,
        });
      };
    }

    async function everythingIsDelivered(): Promise<void> {
      await until('every payment has an outcome and everyone has heard of it', async () => {
        const { rows } = await database.pool.query<{ open: number; waiting: number }>(`select
        (select count(*)::int from payments p where not exists (
          select from payment_events e where e.payment_id = p.payment_id and e.state <> 'unknown')) as open,
        (select count(*)::int from outbox) as waiting`);
        return rows[0]?.open === 0 && rows[0].waiting === 0;
      });
    }

    async function assertOnePaymentEach(wishes: readonly Wish[]): Promise<void> {
      const { rows } = await database.pool.query<{
        key: string;
        payment_id: string;
        amount_minor: string;
        state: string;
      }>(
        `select m.idempotency_key as key, p.payment_id, p.amount_minor, e.state
        from messages m join payments p on p.payment_id::text = m.subject
        join lateral (select state from payment_events e where e.payment_id = p.payment_id
          order by sequence desc limit 1) e on true`,
      );
      assert.equal(rows.length, wishes.length, 'one stored payment for each that was asked for');
      const stored = new Map(rows.map((row) => [row.key, row]));
      for (const { key, amountMinor, answer } of wishes) {
        const row = stored.get(key);
        assert.equal(row?.payment_id, answer.paymentId);
        assert.equal(row?.amount_minor, amountMinor.toString());
        assert.equal(row?.state, answer.state, 'what the payer was told is what is stored');
      }
    }

    async function assertBooksAgree(): Promise<void> {
      const positions = await network.operator.positions();
      assert.equal(
        positions.reduce((sum, { net }) => sum + net, 0n),
        0n,
        'net positions sum to zero',
      );
      assert.deepEqual(
        positions.filter(({ reserved }) => reserved !== 0n),
        [],
        'nothing stays reserved',
      );
      const { rows } = await database.pool.query<{ payment_id: string; issuer_id: string }>(
        `select p.payment_id, p.issuer_id from payments p join payment_events e using (payment_id)
        where e.state = 'captured'`,
      );
      for (const bank of network.banks) {
        const captured = rows
          .filter((row) => row.issuer_id === bank.participantId)
          .map((row) => row.payment_id);
        const booked = bank.book.bookings().map((booking) => booking.paymentId);
        assert.deepEqual(
          booked.sort(),
          captured.sort(),
          `${bank.participantId} has booked what was captured`,
        );
        const position = positions.find(({ participant }) => participant === bank.participantId);
        assert.equal(position?.net, bank.net('CNY'), `${bank.participantId} agrees with its position`);
      }
    }
  });
}

/** A sender keeps asking with the same key: whatever died, there is one answer in the end. */
async function untilAnswered(ask: () => Promise<Payment>): Promise<Payment> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SdkError)) {
        throw error;
      }
      if (!['SWITCH_UNREACHABLE', 'SWITCH_TIMEOUT', 'IDEMPOTENCY_IN_PROGRESS'].includes(error.code)) {
        throw error;
      }
      await pause(50);
    }
  }
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < endsAt, `not within a minute: ${what}`);
    await pause(200);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
