import type { ParticipantId, Reason } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { Instruction, InstructionEvent, Item } from './settlement.ts';

/** SQL of the tables of settlement. */
export interface SettlementStore {
  /** The account of a currency, and whether this call entered it; one being entered is waited for. */
  enterAccount(
    connection: Queryable,
    account: { readonly currency: string; readonly id: string },
  ): Promise<{ readonly id: string; readonly isNew: boolean }>;
  insertItems(connection: Queryable, items: readonly Item[]): Promise<void>;
  listItems(database: Queryable, cycleId: number): Promise<readonly Item[]>;
  insertInstructions(connection: Queryable, instructions: readonly Instruction[]): Promise<void>;
  findInstruction(database: Queryable, id: string): Promise<Instruction | undefined>;
  listInstructions(database: Queryable, cycleId: number): Promise<readonly Instruction[]>;
  /** Instructions made before an instant that the agent has neither settled nor rejected. */
  listUnanswered(
    database: Queryable,
    wanted: { readonly cycleIds: readonly number[]; readonly before: Date },
  ): Promise<readonly Instruction[]>;
  /** False when the instruction was in that state before. */
  insertEvent(connection: Queryable, instructionId: string, event: InstructionEvent): Promise<boolean>;
  /** Fixes the pay-outs of a currency; false when they were fixed before. */
  enterPayOuts(
    connection: Queryable,
    entry: { readonly cycleId: number; readonly currency: string; readonly at: Date },
  ): Promise<boolean>;
  /** Currencies of a cycle whose pay-outs are fixed. */
  listPayOuts(database: Queryable, cycleId: number): Promise<readonly string[]>;
}

/** The store; it holds no state of its own. */
export function createSettlementStore(): SettlementStore {
  return {
    enterAccount,
    insertItems,
    listItems,
    insertInstructions,
    findInstruction: async (database, id) => (await select(database, 'i.instruction_id = $1', [id]))[0],
    listInstructions: (database, cycleId) => select(database, 'i.cycle_id = $1', [cycleId]),
    listUnanswered: (database, { cycleIds, before }) =>
      select(
        database,
        `i.cycle_id = any($1) and i.created_at <= $2 and not exists (select from settlement_events later
          where later.instruction_id = i.instruction_id and later.state <> 'accepted')`,
        [cycleIds, before],
      ),
    insertEvent,
    enterPayOuts,
    listPayOuts,
  };
}

async function enterAccount(
  connection: Queryable,
  { currency, id }: { readonly currency: string; readonly id: string },
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { rowCount } = await connection.query({
    text: 'insert into settlement_accounts (currency, account_id) values ($1, $2) on conflict do nothing',
    values: [currency, id],
  });
  const { rows } = await connection.query<{ account_id: string }>({
    text: 'select account_id from settlement_accounts where currency = $1',
    values: [currency],
  });
  return { id: rows[0]?.account_id ?? id, isNew: rowCount === 1 };
}

async function insertItems(connection: Queryable, items: readonly Item[]): Promise<void> {
  await connection.query({
    text: `insert into settlement_items (cycle_id, currency, participant_id, due_minor, set_aside_id,
        set_aside_minor)
      select * from unnest($1::integer[], $2::text[], $3::text[], $4::numeric[], $5::uuid[], $6::numeric[])`,
    values: [
      items.map(({ cycleId }) => cycleId),
      items.map(({ currency }) => currency),
      items.map(({ participantId }) => participantId),
      items.map(({ due }) => due.toString()),
      items.map(({ setAsideId }) => setAsideId ?? null),
      items.map(({ setAside }) => setAside.toString()),
    ],
  });
}

async function listItems(database: Queryable, cycleId: number): Promise<readonly Item[]> {
  const { rows } = await database.query<{
    currency: string;
    participant_id: ParticipantId;
    due_minor: string;
    set_aside_id: string | null;
    set_aside_minor: string;
  }>({
    text: `select currency, participant_id, due_minor, set_aside_id, set_aside_minor from settlement_items
      where cycle_id = $1 order by currency, participant_id`,
    values: [cycleId],
  });
  return rows.map((row) => ({
    cycleId,
    currency: row.currency,
    participantId: row.participant_id,
    due: BigInt(row.due_minor),
    setAsideId: row.set_aside_id ?? undefined,
    setAside: BigInt(row.set_aside_minor),
  }));
}

async function insertInstructions(
  connection: Queryable,
  instructions: readonly Instruction[],
): Promise<void> {
  const column = <Value>(value: (one: Instruction) => Value) => instructions.map(value);
  await connection.query({
    text: `insert into settlement_instructions (instruction_id, cycle_id, currency, participant_id, direction,
        amount_minor, attempt, agent_id, created_at)
      select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::numeric[],
        $7::smallint[], $8::text[], $9::timestamptz[])`,
    values: [
      column(({ id }) => id),
      column(({ cycleId }) => cycleId),
      column(({ currency }) => currency),
      column(({ participantId }) => participantId),
      column(({ direction }) => direction),
      column(({ amount }) => amount.toString()),
      column(({ attempt }) => attempt),
      column(({ agentId }) => agentId),
      column(({ createdAt }) => createdAt),
    ],
  });
}

async function select(
  database: Queryable,
  condition: string,
  values: readonly unknown[],
): Promise<readonly Instruction[]> {
  const { rows } = await database.query<InstructionRow>({
    text: `select i.instruction_id, i.cycle_id, i.currency, i.participant_id, i.direction, i.amount_minor,
        i.attempt, i.agent_id, i.created_at, e.state, e.reason, e.reference, e.evidence_signature,
        e.evidence_body, e.at
      from settlement_instructions i left join settlement_events e using (instruction_id)
      where ${condition} order by i.instruction_id, e.at, e.state`,
    values: [...values],
  });
  const found = new Map<string, Instruction & { readonly events: InstructionEvent[] }>();
  for (const row of rows) {
    const instruction = found.get(row.instruction_id) ?? toInstruction(row);
    found.set(row.instruction_id, instruction);
    if (row.state !== null && row.at !== null) {
      instruction.events.push({
        state: row.state,
        reason: row.reason ?? undefined,
        reference: row.reference ?? undefined,
        evidence:
          row.evidence_signature === null
            ? undefined
            : { signature: row.evidence_signature, body: row.evidence_body ?? '' },
        at: row.at,
      });
    }
  }
  return [...found.values()];
}

interface InstructionRow {
  instruction_id: string;
  cycle_id: number;
  currency: string;
  participant_id: ParticipantId;
  direction: Instruction['direction'];
  amount_minor: string;
  attempt: number;
  agent_id: ParticipantId;
  created_at: Date;
  state: InstructionEvent['state'] | null;
  reason: Reason | null;
  reference: string | null;
  evidence_signature: string | null;
  evidence_body: string | null;
  at: Date | null;
}

function toInstruction(row: InstructionRow): Instruction & { readonly events: InstructionEvent[] } {
  return {
    id: row.instruction_id,
    cycleId: row.cycle_id,
    currency: row.currency,
    participantId: row.participant_id,
    direction: row.direction,
    amount: BigInt(row.amount_minor),
    attempt: row.attempt,
    agentId: row.agent_id,
    createdAt: row.created_at,
    events: [],
  };
}

async function insertEvent(
  connection: Queryable,
  instructionId: string,
  event: InstructionEvent,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into settlement_events (instruction_id, state, reason, reference, evidence_signature,
        evidence_body, at)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    values: [
      instructionId,
      event.state,
      event.reason,
      event.reference,
      event.evidence?.signature,
      event.evidence?.body,
      event.at,
    ],
  });
  return rowCount === 1;
}

async function enterPayOuts(
  connection: Queryable,
  { cycleId, currency, at }: { readonly cycleId: number; readonly currency: string; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into settlement_pay_outs (cycle_id, currency, at) values ($1, $2, $3)
      on conflict do nothing`,
    values: [cycleId, currency, at],
  });
  return rowCount === 1;
}

async function listPayOuts(database: Queryable, cycleId: number): Promise<readonly string[]> {
  const { rows } = await database.query<{ currency: string }>({
    text: 'select currency from settlement_pay_outs where cycle_id = $1 order by currency',
    values: [cycleId],
  });
  return rows.map(({ currency }) => currency);
}
