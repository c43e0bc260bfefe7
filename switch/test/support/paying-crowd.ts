import assert from 'node:assert/strict';
import type { Network } from '@barlink/conformance';
import { newIdempotencyKey, type Payment, SdkError } from '@barlink/sdk';
import type pg from 'pg';
import { findLeafFlaw } from './log-fixture.ts';

/** One payment somebody wants: sent with the same key until there is an answer. */
export interface Wish {
  readonly key: string;
  readonly amountMinor: bigint;
  readonly answer: Payment;
  /** When it was first sent and when it was answered, in ms of performance.now(). */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** People who pay one after the other until they are told to stop. */
export interface Crowd {
  readonly wishes: readonly Wish[];
  /** Waits until so many more payments have been answered. */
  answered(more: number): Promise<void>;
  /** Lets everyone end with what they have begun. */
  stop(): Promise<readonly Wish[]>;
}

/** What the crowd pays with, and how. */
export interface CrowdOptions {
  /** The same participants' clients for each process of the switch; the first ones make codes and tokens. */
  readonly clients: readonly [Network, ...Network[]];
  readonly payers: number;
  readonly chance: () => number;
  /** Account names behind the bank's prefix. The first payer takes those that match `slow`. */
  readonly accounts: readonly string[];
  readonly slow?: RegExp;
}

type Pay = (payer: number, wish: Pick<Wish, 'key' | 'amountMinor'>, client: Network) => Promise<Payment>;

/** Both wallets pay at both acquirers from accounts of both banks. */
export async function startCrowd(options: CrowdOptions): Promise<Crowd> {
  const { clients, payers, chance } = options;
  const wishes: Wish[] = [];
  const pay = await preparePayers(options);
  let isOver = false;
  const anyClient = () => clients[Math.floor(chance() * clients.length)] ?? clients[0];

  async function payOn(payer: number): Promise<void> {
    while (!isOver) {
      const key = newIdempotencyKey(new Date());
      const wish = { key, amountMinor: 1n + BigInt(Math.floor(chance() * 5000)) };
      // Each try goes to any process; now and then the same request goes to all of them at once.
      const everywhere = chance() < 0.1 ? clients : [undefined];
      const sentAt = performance.now();
      const answers = await Promise.all(
        everywhere.map((client) => untilAnswered(() => pay(payer, wish, client ?? anyClient()))),
      );
      const [answer = assert.fail('no answer')] = answers;
      for (const other of answers) {
        assert.deepEqual(other, answer, 'the same answer from every process');
      }
      wishes.push({ ...wish, answer, sentAt, answeredAt: performance.now() });
    }
  }

  const paying = Promise.all(Array.from({ length: payers }, (_, payer) => payOn(payer)));
  // Whoever stops the crowd hears of a failure; until then it must not end the process.
  paying.catch(() => undefined);
  return {
    wishes,
    async answered(more) {
      const wanted = wishes.length + more;
      await until(`${more} more payments are answered`, async () => wishes.length >= wanted);
    },
    async stop() {
      isOver = true;
      await paying;
      return wishes;
    },
  };
}

async function preparePayers({ clients: [network], accounts, slow }: CrowdOptions): Promise<Pay> {
  const codes = await Promise.all(
    network.acquirers.flatMap(({ merchants }) => merchants.map((merchant) => merchant.staticCode())),
  );
  const tokens = await Promise.all(
    network.wallets.flatMap(({ participantId, wallet }) =>
      ['NORTH', 'SOUTH'].flatMap((bank) =>
        accounts.map(async (account) => {
          const issuer = `bank-${bank.toLowerCase()}`;
          const { tokenId } = await wallet.createToken({ issuer, account: `${bank}-${account}` });
          return { participantId, tokenId, isSlow: slow?.test(account) === true };
        }),
      ),
    ),
  );
  const quickTokens = tokens.filter((token) => !token.isSlow);
  const slowTokens = tokens.filter((token) => token.isSlow);
  return (payer, { key, amountMinor }, client) => {
    const group = payer === 0 && slowTokens.length > 0 ? slowTokens : quickTokens;
    // The choice hangs on the key, so that a repeated request is the same request.
    const choice = Number.parseInt(key.slice(-6), 16);
    const { participantId, tokenId } = group[choice % group.length] ?? assert.fail('no token');
    const payload = codes[choice % codes.length]?.text ?? '';
    const amount = { currency: 'CNY', minor: amountMinor };
    return client.wallet(participantId).wallet.pay({ payload, tokenId, amount, idempotencyKey: key });
  };
}

/** A sender keeps asking with the same key: whatever died, there is one answer in the end. */
async function untilAnswered(ask: () => Promise<Payment>): Promise<Payment> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SdkError) || !error.retryable) {
        throw error;
      }
      await pause(50);
    }
  }
}

/** Waits until every payment has an outcome and everyone has heard of it. */
export async function everythingIsDelivered(pool: pg.Pool): Promise<void> {
  await until('every payment has an outcome and everyone has heard of it', async () => {
    const { rows } = await pool.query<{ open: number; waiting: number }>(`select
      (select count(*)::int from payments p where not exists (
        select from payment_events e where e.payment_id = p.payment_id and e.state <> 'unknown')) as open,
      (select count(*)::int from outbox) as waiting`);
    return rows[0]?.open === 0 && rows[0].waiting === 0;
  });
}

/** Compares what the payers were told with what is stored: one payment for each wish, as it was answered. */
export async function assertOnePaymentEach(pool: pg.Pool, wishes: readonly Wish[]): Promise<void> {
  const { rows } = await pool.query<{
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

/** Compares the switch's positions with the banks' own books, and its log with what it is of. */
export async function assertBooksAgree(pool: pg.Pool, network: Network): Promise<void> {
  const positions = await network.operator.positions();
  const sum = positions.reduce((total, { net }) => total + net, 0n);
  assert.equal(sum, 0n, 'net positions sum to zero');
  const reserved = positions.filter((position) => position.reserved !== 0n);
  assert.deepEqual(reserved, [], 'nothing stays reserved');
  const { rows } = await pool.query<{ payment_id: string; issuer_id: string }>(
    `select p.payment_id, p.issuer_id from payments p join payment_events e using (payment_id)
      where e.state = 'captured'`,
  );
  for (const bank of network.banks) {
    const { participantId } = bank;
    const captured = rows.filter((row) => row.issuer_id === participantId).map((row) => row.payment_id);
    const booked = bank.book.bookings().map((booking) => booking.paymentId);
    assert.deepEqual(booked.sort(), captured.sort(), `${participantId} has booked what was captured`);
    const position = positions.find(({ participant }) => participant === participantId);
    const settled = network.settlementBank.balance(participantId, 'CNY');
    assert.equal(position?.net, bank.net('CNY') - settled, `${participantId} agrees with its position`);
  }
  await assertEachLeafOnce(pool);
}

async function assertEachLeafOnce(pool: pg.Pool): Promise<void> {
  await until('every leaf is in the log', async () => {
    const { rows } = await pool.query<{ ready: boolean }>(
      'select (select max(size) from log_heads) >= (select count(*) from log_leaves) as ready',
    );
    return rows[0]?.ready === true;
  });
  assert.equal(await findLeafFlaw(pool), undefined, 'every leaf is in the log once');
}

/** A small linear congruential generator: a run can be repeated from the seed it prints. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Waits for a condition, for a minute and a half at most. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 90_000;
  let last: unknown;
  const look = () =>
    isTrue().catch((error: unknown) => {
      last = error;
      return false;
    });
  while (!(await look())) {
    assert.ok(Date.now() < endsAt, `not in time: ${what}; ${String(last ?? 'it is not so')}`);
    await pause(100);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
