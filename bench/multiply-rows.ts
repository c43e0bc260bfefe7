/**
 * Makes a long history out of a short one: every row a run left is written again and again, moved back in
 * time.
 */
import pg from 'pg';

/**
 * UUIDv7s made from `since` on, and instants, are moved; what was there before (participants, tokens, codes)
 * stays what it is.
 */
export async function multiplyRows(
  url: string,
  options: { since: number; copies: number; log(line: string): void },
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Neither triggers nor foreign keys: the rows are copies of rows that passed them.
    await client.query(
      "set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '512MB'",
    );
    const stepMs = Date.now() - options.since;
    for (const table of await listTables(client)) {
      const startedAt = Date.now();
      const rows = await multiply(client, table, { ...options, stepMs });
      if (rows > 0)
        options.log(`${table.name}: ${rows} rows in ${Math.round((Date.now() - startedAt) / 1000)} s`);
    }
  } finally {
    await client.end();
  }
}

interface Table {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Tables of the switch and the ledger with their columns, partitions left out. */
async function listTables(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(`
    select format('%I.%I', n.nspname, c.relname) as name,
      coalesce((
        select array_agg(a.attname::text) from pg_index i
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary), '{}') as key,
      (
        select json_agg(json_build_object('name', quote_ident(a.attname),
          'type', format_type(a.atttypid, null)) order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'ledger') and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`);
  return rows;
}

const copiesAtOnce = 20;

/** @returns how many rows the table has afterwards; 0 when it does not grow with payments. */
async function multiply(
  client: pg.Client,
  table: Table,
  options: { since: number; stepMs: number; copies: number },
): Promise<number> {
  const { rows: counted } = await client.query<{ count: string }>(
    `select count(*) as count from ${table.name}`,
  );
  const count = Number(counted[0]?.count);
  if (count < 5000) return 0;
  // The moving parts of an id are taken apart once, not once a copy.
  const apart = table.columns.map((column) => takeApart(column, options.since)).join('');
  await client.query(`create temp table seed as select *${apart} from ${table.name}`);
  await assertMovable(client, table);
  await client.query(`truncate ${table.name} cascade`);
  const targets = table.columns.map(({ name }) => name).join(', ');
  const values = table.columns.map((column) => putTogether(column, options.stepMs)).join(', ');
  for (let far = options.copies; far >= 0; far -= copiesAtOnce) {
    const near = Math.max(0, far - copiesAtOnce + 1);
    await client.query(`insert into ${table.name} (${targets}) select ${values}
      from generate_series(${far}, ${near}, -1) as copies (back) cross join seed`);
  }
  await client.query('drop table seed');
  return count * (options.copies + 1);
}

/** Milliseconds and the rest of a UUIDv7 made since then; null for anything else. */
function takeApart({ name, type }: Column, since: number): string {
  if (type !== 'uuid' && type !== 'text') return '';
  const digits = `replace(${name}::text, '-', '')`;
  const ms = `('x' || left(${digits}, 12))::bit(48)::bigint`;
  const isUuid7 = `${name}::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$'`;
  const isMoved = `${isUuid7} and ${ms} >= ${since}`;
  return `, case when ${isMoved} then ${ms} end as ${name}_ms, substr(${digits}, 13) as ${name}_rest`;
}

function putTogether({ name, type }: Column, stepMs: number): string {
  if (type === 'timestamp with time zone') return `${name} - back * interval '${stepMs} ms'`;
  if (type !== 'uuid' && type !== 'text') return name;
  const moved = `(lpad(to_hex(${name}_ms - back * ${stepMs}), 12, '0') || ${name}_rest)::uuid`;
  return `case when ${name}_ms is null then ${name} else ${moved}${type === 'text' ? '::text' : ''} end`;
}

/** Every row's key must move, or a copy would be the row itself. */
async function assertMovable(client: pg.Client, table: Table): Promise<void> {
  const ids = table.columns.filter(
    ({ name, type }) => table.key.includes(name) && /^(uuid|text)$/.test(type),
  );
  const moves = ids.map(({ name }) => `${name}_ms is not null`).join(' or ') || 'false';
  const { rows } = await client.query<{ count: string }>(`select count(*) from seed where not (${moves})`);
  if (rows[0]?.count !== '0')
    throw new Error(`${table.name} grows with payments and its key cannot be moved`);
}
