import type { Queryable } from '../database/index.ts';
import { keyOf, type Tile, type TilePlace } from './merkle-tree.ts';
import { formatSnapshot, parseSnapshot, type Snapshot } from './snapshot.ts';
import type { SignedTreeHead } from './tree-head.ts';

/** SQL of the tables `log_...`; the triggers of its migration write the leaves. */
export interface LogStore {
  /** Becomes the only sequencer until the transaction ends; false when another one is. */
  takeTurn(connection: Queryable): Promise<boolean>;
  readEdges(database: Queryable): Promise<readonly Uint8Array[]>;
  /** Leaves that committed and are not covered yet, by transaction, with the snapshot they were seen in. */
  listNew(database: Queryable, covered: Snapshot, most: number): Promise<NewLeaves>;
  /** Writes what was appended, with the head that covers it. */
  write(connection: Queryable, grown: Grown): Promise<void>;
  /** The head of this size, or the latest. */
  findHead(database: Queryable, size?: number): Promise<StoredHead | undefined>;
  /** The largest head below this size. */
  findHeadBefore(database: Queryable, size: number): Promise<StoredHead | undefined>;
  listHeads(database: Queryable, range: { after: number; most: number }): Promise<readonly SignedTreeHead[]>;
  /** Full tiles and edges at these places. */
  readTiles(database: Queryable, places: readonly TilePlace[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** Leaves as they wait for their place. */
export interface NewLeaves {
  readonly snapshot: Snapshot;
  /** Ascending; `hashes` one after the other. The last transaction may be incomplete when `isCut`. */
  readonly transactions: readonly { readonly transaction: bigint; readonly hashes: Uint8Array }[];
  readonly isCut: boolean;
}

/** A head with the transactions it covers. */
export interface StoredHead extends SignedTreeHead {
  readonly snapshot: Snapshot;
}

/** A step of the tree. */
export interface Grown {
  readonly edges: readonly Uint8Array[];
  readonly tiles: readonly Tile[];
  readonly head: StoredHead;
}

/** The store; it holds no state of its own. */
export function createLogStore(): LogStore {
  return { takeTurn, readEdges, listNew, write, findHead, findHeadBefore, listHeads, readTiles };
}

async function takeTurn(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'log-turn',
    // A head that is handed out must outlive a crash, whatever the server is set to.
    text: `select set_config('synchronous_commit', 'on', true) from log_edge where level = 0
      for update skip locked`,
  });
  return rows.length === 1;
}

async function readEdges(database: Queryable): Promise<readonly Uint8Array[]> {
  const { rows } = await database.query<{ hashes: Buffer }>({
    name: 'log-edges',
    text: 'select hashes from log_edge order by level',
  });
  return rows.map(({ hashes }) => hashes);
}

async function listNew(database: Queryable, covered: Snapshot, most: number): Promise<NewLeaves> {
  const { rows } = await database.query<{
    snapshot: string;
    transaction: string | null;
    hashes: Buffer | null;
    leaves: number;
  }>({
    name: 'log-new',
    // One statement, one snapshot: pg_current_snapshot() tells which transactions it can see. What was open
    // when the last head was made is looked up by name, so that one transaction left open costs nothing.
    text: `with fresh as (
        (select transaction, ctid as place, hash from log_leaves where transaction >= $1::xid8
          order by transaction, ctid limit $3)
        union all
        (select transaction, ctid, hash from log_leaves where transaction = any($2::xid8[])
          order by transaction, ctid limit $3)
      ), taken as (select * from fresh order by transaction, place limit $3)
      select pg_current_snapshot()::text as snapshot, transaction::text,
        string_agg(hash, ''::bytea order by place) as hashes, count(transaction)::integer as leaves
      from (values (1)) always (one) left join taken on true
      group by taken.transaction order by taken.transaction`,
    values: [covered.before.toString(), covered.except.map(String), most],
  });
  const transactions = rows.flatMap(({ transaction, hashes }) =>
    transaction === null || hashes === null ? [] : [{ transaction: BigInt(transaction), hashes }],
  );
  const leaves = rows.reduce((sum, row) => sum + row.leaves, 0);
  return { snapshot: parseSnapshot(rows[0]?.snapshot ?? ''), transactions, isCut: leaves === most };
}

async function write(connection: Queryable, { edges, tiles, head }: Grown): Promise<void> {
  await connection.query({
    name: 'log-write',
    text: `with tiles as (insert into log_tiles (level, position, hashes)
        select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])),
      heads as (insert into log_heads (size, root, at, signed, snapshot, visible_before)
        values ($5, $6, $7, $8, $9::pg_snapshot, $10::xid8))
      insert into log_edge (level, hashes) select position - 1, hashes
        from unnest($4::bytea[]) with ordinality edge (hashes, position)
      on conflict (level) do update set hashes = excluded.hashes where log_edge.hashes <> excluded.hashes`,
    values: [
      tiles.map((tile) => tile.level),
      tiles.map((tile) => tile.position),
      tiles.map((tile) => toBuffer(tile.hashes)),
      edges.map(toBuffer),
      head.size,
      toBuffer(head.root),
      head.at,
      head.signed,
      formatSnapshot(head.snapshot),
      head.snapshot.before.toString(),
    ],
  });
}

interface HeadRow {
  size: string;
  root: Buffer;
  at: Date;
  signed: string;
  snapshot: string;
}

async function findHead(database: Queryable, size?: number): Promise<StoredHead | undefined> {
  const columns = 'size, root, at, signed, snapshot::text';
  const { rows } = await database.query<HeadRow>(
    size === undefined
      ? {
          name: 'log-latest-head',
          text: `select ${columns} from log_heads order by size desc limit 1`,
        }
      : { text: `select ${columns} from log_heads where size = $1`, values: [size] },
  );
  return rows.map(toStoredHead)[0];
}

async function findHeadBefore(database: Queryable, size: number): Promise<StoredHead | undefined> {
  const { rows } = await database.query<HeadRow>({
    text: `select size, root, at, signed, snapshot::text from log_heads where size < $1
      order by size desc limit 1`,
    values: [size],
  });
  return rows.map(toStoredHead)[0];
}

async function listHeads(
  database: Queryable,
  range: { readonly after: number; readonly most: number },
): Promise<readonly SignedTreeHead[]> {
  const { rows } = await database.query<HeadRow>({
    text: `select size, root, at, signed, snapshot::text from log_heads where size > $1
      order by size limit $2`,
    values: [range.after, range.most],
  });
  return rows.map(toHead);
}

async function readTiles(
  database: Queryable,
  places: readonly TilePlace[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { rows } = await database.query<{ level: number; position: string; hashes: Buffer }>({
    // The edge stands last: where a tile became full in between, both hold the hashes asked for.
    text: `select wanted.level, wanted.position, coalesce(tile.hashes, edge.hashes) as hashes
      from unnest($1::smallint[], $2::bigint[]) wanted (level, position)
        left join log_tiles tile using (level, position) left join log_edge edge on edge.level = wanted.level
      where coalesce(tile.hashes, edge.hashes) is not null`,
    values: [places.map(({ level }) => level), places.map(({ position }) => position)],
  });
  return new Map(
    rows.map(({ level, position, hashes }) => [keyOf({ level, position: Number(position) }), hashes]),
  );
}

function toStoredHead(row: HeadRow): StoredHead {
  return { ...toHead(row), snapshot: parseSnapshot(row.snapshot) };
}

function toHead({ size, root, at, signed }: HeadRow): SignedTreeHead {
  return { size: Number(size), root, at, signed };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
