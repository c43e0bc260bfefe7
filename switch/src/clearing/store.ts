import type { ParticipantId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { PositionAccounts } from './position.ts';

/** SQL of the table `positions`. */
export interface PositionStore {
  /**
   * False when the participant has a position in the currency already; one that is being opened is waited
   * for.
   */
  insert(connection: Queryable, accounts: PositionAccounts): Promise<boolean>;
  list(database: Queryable): Promise<readonly PositionAccounts[]>;
  /** Locks a position's row, so that changes of its cap come one after the other. */
  lock(connection: Queryable, accounts: PositionAccounts): Promise<void>;
}

/** The store; it holds no state of its own. */
export function createPositionStore(): PositionStore {
  return { insert, list, lock };
}

async function insert(connection: Queryable, accounts: PositionAccounts): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into positions (participant_id, currency, position_account_id, cap_account_id,
        on_us_debit_account_id, on_us_credit_account_id)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (participant_id, currency) do nothing`,
    values: [
      accounts.participantId,
      accounts.currency,
      accounts.positionAccountId,
      accounts.capAccountId,
      accounts.onUsDebitAccountId,
      accounts.onUsCreditAccountId,
    ],
  });
  return rowCount === 1;
}

async function list(database: Queryable): Promise<readonly PositionAccounts[]> {
  const { rows } = await database.query<{
    participant_id: ParticipantId;
    currency: string;
    position_account_id: string;
    cap_account_id: string;
    on_us_debit_account_id: string;
    on_us_credit_account_id: string;
  }>({
    name: 'positions-list',
    text: `select participant_id, currency, position_account_id, cap_account_id, on_us_debit_account_id,
      on_us_credit_account_id from positions order by currency, participant_id`,
  });
  return rows.map((row) => ({
    participantId: row.participant_id,
    currency: row.currency,
    positionAccountId: row.position_account_id,
    capAccountId: row.cap_account_id,
    onUsDebitAccountId: row.on_us_debit_account_id,
    onUsCreditAccountId: row.on_us_credit_account_id,
  }));
}

async function lock(connection: Queryable, accounts: PositionAccounts): Promise<void> {
  await connection.query({
    text: 'select 1 from positions where participant_id = $1 and currency = $2 for update',
    values: [accounts.participantId, accounts.currency],
  });
}
