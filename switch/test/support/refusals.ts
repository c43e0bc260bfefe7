import assert from 'node:assert/strict';
import { type ErrorCode, problems } from '../../src/http/problem.ts';
import type { Received } from './sender.ts';
import type { TestSwitch } from './start-switch.ts';

/** What a refusal must look like. */
export interface ExpectedRefusal {
  readonly code: string;
  /** JSON pointer into the request; left out when the whole request is meant. */
  readonly path?: string;
  /** Set where the sender is not known yet, so that nobody can be answered under a signature. */
  readonly isUnsigned?: true;
}

/** One row of a table of refusals. */
export interface RefusalRow<Given> extends ExpectedRefusal {
  readonly it: string;
  readonly send: (given: Given) => Promise<Received>;
}

/** Makes a test of each row: the right problem document, and not a row of any table written. */
export function testRefusals<Given extends { readonly switch: TestSwitch }>(
  given: () => Given,
  rows: readonly RefusalRow<Given>[],
): void {
  for (const row of rows) {
    it(row.it, async () => {
      const all = given();
      assertRefused(await writesNothing(all.switch, () => row.send(all)), row);
    });
  }
}

/** Compares an answer with the refusal it should be; status and `retryable` follow from the code. */
export function assertRefused(answer: Received, expected: ExpectedRefusal): void {
  const { code, path, isUnsigned } = expected;
  // Codes about the text of a payment code have no row of their own.
  const row = problems[code as ErrorCode] ?? { status: 422, title: 'Cannot be done' };
  const { status, title, retryable, ...rest } = answer.body ?? {};
  assert.deepEqual(
    { code: rest.code, path: rest.path, status, title, retryable, isSigned: answer.isSigned },
    {
      code,
      path,
      status: row.status,
      title: row.title,
      retryable: 'retryable' in row && row.retryable === true,
      isSigned: isUnsigned !== true,
    },
    answer.text,
  );
  assert.equal(answer.status, row.status);
}

/** Runs something that must leave every table as it is. */
export async function writesNothing<Result>(
  { database }: Pick<TestSwitch, 'database'>,
  work: () => Promise<Result>,
): Promise<Result> {
  await outboxIsEmpty({ database });
  const before = await readTables({ database });
  const result = await work();
  assert.deepEqual(await readTables({ database }), before, 'something was written');
  return result;
}

/** Waits until everything that participants have to hear was delivered. */
export async function outboxIsEmpty({ database }: Pick<TestSwitch, 'database'>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const { rows } = await database.pool.query<{ count: number }>(
      'select count(*)::int as count from outbox',
    );
    if (rows[0]?.count === 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the outbox did not empty in 10 s');
}

/**
 * Tables that change by themselves: the sweeper notes how far it has looked, the sequencer follows the
 * leaves, issuers are noted what was refused.
 */
const movingTables = [
  ...['payment_watermark', 'payments_undecided'],
  ...['log_tiles', 'log_edge', 'log_heads', 'token_refusals'],
].map((table) => `public.${table}`);

/** How many rows each table has, and a hash of what is in them. */
export async function readTables({
  database,
}: Pick<TestSwitch, 'database'>): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'ledger') and c.relkind in ('r', 'p') and not c.relispartition
      order by 1`,
  );
  const names = tables.map(({ name }) => name).filter((name) => !movingTables.includes(name));
  const parts = names.map(
    (name) => `select '${name}' as name, count(*) || ' rows ' ||
      coalesce(md5(string_agg(t::text, '' order by t::text)), '') as content from ${name} t`,
  );
  const { rows } = await database.pool.query<{ name: string; content: string }>(parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, content }) => [name, content]));
}
