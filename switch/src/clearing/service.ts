import type { Ledger, NewAccount } from '@barlink/ledger';
import type { Money, ParticipantId, Position } from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import { ClearingError } from './errors.ts';
import {
  capOf,
  decideCapTransfer,
  decideMoneyRoute,
  ledgerCodes,
  ledgerOf,
  type MoneyRoute,
  type PositionAccounts,
  renderPosition,
} from './position.ts';
import type { PositionStore } from './store.ts';

/** Participants' positions: their accounts, caps and standings. */
export interface ClearingService {
  /** Where money between two participants moves. @throws {ClearingError} `POSITION_CURRENCY_UNKNOWN` */
  routeMoney(parties: { from: ParticipantId; to: ParticipantId; currency: string }): Promise<MoneyRoute>;
  /** The ledger accounts of a position. @throws {ClearingError} `POSITION_CURRENCY_UNKNOWN` */
  getAccounts(participantId: ParticipantId, currency: string): Promise<PositionAccounts>;
  /** Opens positions with their caps, in the caller's transaction. */
  openPositions(connection: Queryable, participantId: ParticipantId, caps: readonly Money[]): Promise<void>;
  /** Sets a cap, opening the position when it is new. @throws {ClearingError} `POSITION_CAP_UNDERCUT` */
  setCap(message: WriteMessage, participantId: ParticipantId, cap: Money): Promise<KeptAnswer>;
  /** Standings of one participant, or of all. */
  listPositions(participantId?: ParticipantId): Promise<readonly Position[]>;
}

/** Clearing on the ledger and the table of positions. */
export function createClearingService(options: {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly audit: AuditService;
  readonly store: PositionStore;
  readonly newId: () => string;
}): ClearingService {
  const { database, ledger, audit, store, newId } = options;
  // Accounts of a position never change, so they are kept once read.
  const known = new Map<string, PositionAccounts>();

  async function findAccounts(
    participantId: string,
    currency: string,
  ): Promise<PositionAccounts | undefined> {
    const key = `${participantId} ${currency}`;
    if (!known.has(key)) {
      for (const accounts of await store.list(database)) {
        known.set(`${accounts.participantId} ${accounts.currency}`, accounts);
      }
    }
    return known.get(key);
  }

  async function getAccounts(participantId: string, currency: string): Promise<PositionAccounts> {
    const accounts = await findAccounts(participantId, currency);
    if (accounts === undefined) {
      throw new ClearingError('POSITION_CURRENCY_UNKNOWN', { path: '/amount/currency' });
    }
    return accounts;
  }

  async function open(
    connection: Queryable,
    participantId: ParticipantId,
    currency: string,
  ): Promise<PositionAccounts> {
    const accounts: PositionAccounts = {
      participantId,
      currency,
      positionAccountId: newId(),
      capAccountId: newId(),
      onUsDebitAccountId: newId(),
      onUsCreditAccountId: newId(),
    };
    if (!(await store.insert(connection, accounts))) {
      return getAccounts(participantId, currency);
    }
    const results = await ledger.createAccounts(toLedgerAccounts(accounts), connection);
    assertAll(
      results.map(({ result }) => result),
      'created',
    );
    return accounts;
  }

  async function moveCap(connection: Queryable, accounts: PositionAccounts, cap: bigint): Promise<void> {
    await store.lock(connection, accounts);
    const [capAccount] = await ledger.lookupAccounts([accounts.capAccountId], connection);
    const change = cap - (capAccount === undefined ? 0n : capOf(capAccount));
    if (change === 0n) {
      return;
    }
    const transfer = { id: newId(), ledger: ledgerOf(accounts.currency), code: ledgerCodes.cap };
    const [made] = await ledger.createTransfers(
      [{ ...transfer, ...decideCapTransfer(accounts, change) }],
      connection,
    );
    if (made?.result === 'exceeds_credits') {
      throw new ClearingError('POSITION_CAP_UNDERCUT', { path: '/minor' });
    }
    assertAll([made?.result], 'created');
  }

  async function read(
    source: Queryable,
    positions: readonly PositionAccounts[],
  ): Promise<readonly Position[]> {
    const ids = positions.flatMap((accounts) => [accounts.positionAccountId, accounts.capAccountId]);
    const found = new Map((await ledger.lookupAccounts(ids, source)).map((account) => [account.id, account]));
    return positions.map((accounts) => {
      const position = found.get(accounts.positionAccountId);
      const cap = found.get(accounts.capAccountId);
      if (position === undefined || cap === undefined) {
        throw new Error(`the ledger lacks an account of ${accounts.participantId} in ${accounts.currency}`);
      }
      return renderPosition(accounts, position, cap);
    });
  }

  return {
    getAccounts,
    async routeMoney({ from, to, currency }) {
      return decideMoneyRoute(await getAccounts(from, currency), await getAccounts(to, currency));
    },
    async openPositions(connection, participantId, caps) {
      for (const cap of caps) {
        await moveCap(connection, await open(connection, participantId, cap.currency), cap.minor);
      }
    },
    async setCap(message, participantId, cap) {
      const existing = await findAccounts(participantId, cap.currency);
      return audit.once(message, participantId, async (connection) => {
        const accounts = existing ?? (await open(connection, participantId, cap.currency));
        await moveCap(connection, accounts, cap.minor);
        const [position] = await read(connection, [accounts]);
        return { status: 200, body: JSON.stringify(position) };
      });
    },
    async listPositions(participantId) {
      const all = await store.list(database);
      const wanted = all.filter(
        (accounts) => participantId === undefined || accounts.participantId === participantId,
      );
      return read(database, wanted);
    },
  };
}

function toLedgerAccounts(accounts: PositionAccounts): readonly NewAccount[] {
  const ledger = ledgerOf(accounts.currency);
  return [
    {
      id: accounts.positionAccountId,
      ledger,
      code: ledgerCodes.position,
      flags: ['debits_must_not_exceed_credits'],
    },
    { id: accounts.capAccountId, ledger, code: ledgerCodes.cap },
    { id: accounts.onUsDebitAccountId, ledger, code: ledgerCodes.onUs },
    { id: accounts.onUsCreditAccountId, ledger, code: ledgerCodes.onUs },
  ];
}

function assertAll(results: readonly (string | undefined)[], expected: string): void {
  const other = results.find((result) => result !== expected);
  if (other !== undefined || results.length === 0) {
    throw new Error(`the ledger answered ${other ?? 'nothing'} where only ${expected} is right`);
  }
}
