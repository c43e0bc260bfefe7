import type { LedgerError, NewTransfer } from '@barlink/ledger';
import type { StandInCase } from './stand-in-cases.ts';
import type { Place } from './stand-in-place.ts';
import { idOf } from './stand-in-values.ts';

const ledger = 156;

/** Two positions with a limit and a cap account that gives the first one 100. */
async function openAccounts(place: Place, name: string) {
  const ids = { payer: idOf(`${name} payer`), payee: idOf(`${name} payee`), cap: idOf(`${name} cap`) };
  const limited = { ledger, code: 1, flags: ['debits_must_not_exceed_credits'] } as const;
  const created = await place.ledger.createAccounts([
    { id: ids.payer, ...limited },
    { id: ids.payee, ...limited },
    { id: ids.cap, ledger, code: 2 },
  ]);
  const move = (id: string, change: Partial<NewTransfer>): NewTransfer => ({
    id: idOf(`${name} ${id}`),
    debitAccountId: ids.payer,
    creditAccountId: ids.payee,
    amount: 60n,
    ledger,
    code: 10,
    ...change,
  });
  const end = (id: string, pendingId: string, flag: 'post_pending_transfer' | 'void_pending_transfer') => ({
    id: idOf(`${name} ${id}`),
    pendingId: idOf(`${name} ${pendingId}`),
    ...(flag === 'post_pending_transfer' ? { amount: 60n } : {}),
    flags: [flag],
  });
  const cap = move('cap', { debitAccountId: ids.cap, creditAccountId: ids.payer, amount: 100n });
  const balances = async () =>
    (await place.ledger.lookupAccounts([ids.payer, ids.payee])).map(
      ({ debitsPending, debitsPosted, creditsPending, creditsPosted }) =>
        `${debitsPending} ${debitsPosted} ${creditsPending} ${creditsPosted}`,
    );
  const create = async (...rows: NewTransfer[]) =>
    (await place.ledger.createTransfers(rows)).map(({ result }) => result);
  await create(cap);
  return { created: created.map(({ result }) => result), ids, move, end, balances, create };
}

/** What payments and positions ask of the ledger. */
export const ledgerCases: readonly StandInCase[] = [
  {
    name: 'a reservation counts against the limit until it is voided, and stays when it is posted',
    run: async (place) => {
      const { created, move, end, balances, create } = await openAccounts(place, 'm1');
      const reserved = await create(
        move('1', { flags: ['pending'] }),
        move('2', { flags: ['pending'] }),
        move('3', { amount: 40n, flags: ['pending'] }),
      );
      const pending = await balances();
      const ended = await create(
        end('4', '1', 'post_pending_transfer'),
        end('5', '3', 'void_pending_transfer'),
        end('6', '1', 'void_pending_transfer'),
        { ...end('7', '3', 'post_pending_transfer'), amount: 40n },
        end('8', '2', 'post_pending_transfer'),
      );
      return { created, reserved, pending, ended, posted: await balances() };
    },
    expected: {
      created: ['created', 'created', 'created'],
      reserved: ['created', 'exceeds_credits', 'created'],
      pending: ['100 0 0 100', '0 0 100 0'],
      ended: [
        'created',
        'created',
        'pending_transfer_already_posted',
        'pending_transfer_already_voided',
        'pending_transfer_not_found',
      ],
      posted: ['0 60 0 100', '0 0 0 60'],
    },
  },
  {
    name: 'an id is used once, also one that was refused, and what is posted can go on at once',
    run: async (place) => {
      const { ids, move, balances, create } = await openAccounts(place, 'm2');
      const back = { debitAccountId: ids.payee, creditAccountId: ids.payer, amount: 50n };
      const results = await create(move('1', {}), move('2', back), move('3', back), move('1', {}));
      const again = await create(move('3', back), move('4', { debitAccountId: idOf('nobody') }));
      return { results, again, balances: await balances() };
    },
    expected: {
      results: ['created', 'created', 'exceeds_credits', 'exists'],
      again: ['id_already_failed', 'debit_account_not_found'],
      balances: ['0 60 0 150', '0 50 0 60'],
    },
  },
  {
    name: 'what a transaction moved is gone with it, and another waits for its accounts',
    run: async (place) => {
      const { move, balances, create } = await openAccounts(place, 'm3');
      let waiting: Promise<readonly string[]> | undefined;
      await place.database
        .transaction(async (connection) => {
          await place.ledger.createTransfers([move('1', { flags: ['pending'] })], connection);
          waiting = create(move('2', { amount: 90n }));
          await new Promise((resolve) => setTimeout(resolve, 30));
          throw new Error('taken back');
        })
        .catch(() => undefined);
      return { waited: await waiting, balances: await balances() };
    },
    expected: { waited: ['created'], balances: ['0 90 0 100', '0 0 0 90'] },
  },
  {
    name: 'all are created, or the transaction fails and a commit behind it is a rollback',
    run: async (place) => {
      const { move, balances } = await openAccounts(place, 'm6');
      const createAll = (...rows: NewTransfer[]) =>
        place.database
          .transaction(async (connection, commitNow) => {
            const sent = [place.ledger.createAllTransfers(rows, connection), commitNow()];
            const answers = await Promise.allSettled(sent);
            await sent[0];
            return answers.map(({ status }) => status);
          })
          .catch(({ code }: LedgerError) => code);
      return [
        await createAll(move('1', { amount: 60n, flags: ['pending'] })),
        await createAll(move('2', { amount: 30n }), move('3', { amount: 30n })),
        await balances(),
      ];
    },
    expected: [['fulfilled', 'fulfilled'], 'LEDGER_NOT_ALL_CREATED', ['60 0 0 100', '0 0 60 0']],
  },
  {
    name: 'what is set aside is at most what is there, and a smaller post lets the rest go',
    run: async (place) => {
      const { move, end, balances, create } = await openAccounts(place, 'm4');
      const reserve = { flags: ['pending', 'balancing_debit'] } as const;
      const results = await create(
        move('1', { amount: 70n, ...reserve }),
        move('2', { amount: 70n, ...reserve }),
      );
      const nothing = await create(move('3', { amount: 5n, ...reserve }));
      const kept = await place.ledger.lookupTransfers(['1', '2', '3'].map((id) => idOf(`m4 ${id}`)));
      const ended = await create(
        { ...end('4', '1', 'post_pending_transfer'), amount: 50n },
        { ...end('5', '2', 'post_pending_transfer'), amount: 31n },
        end('6', '2', 'void_pending_transfer'),
        end('7', '3', 'void_pending_transfer'),
      );
      return { results, nothing, kept: kept.map(({ amount }) => amount), ended, balances: await balances() };
    },
    expected: {
      results: ['created', 'created'],
      nothing: ['created'],
      kept: [70n, 30n, 0n],
      ended: ['created', 'exceeds_pending_transfer_amount', 'created', 'created'],
      balances: ['0 50 0 100', '0 0 0 50'],
    },
  },
];
