import type { VerificationKey } from '@barlink/signing';
import type { Database } from '../database/index.ts';
import { parseCosignature } from './cosignature.ts';
import { LogError } from './log-errors.ts';
import type { LogStore, StoredHead } from './log-store.ts';
import { hashRange, type LeafRange, listTiles, planConsistency, planInclusion } from './merkle-tree.ts';
import type { KeptAnswer, WriteMessage } from './message.ts';
import type { OpeningStore, StoredCosignature, StoredLeaf, UnloggedRecord } from './opening-store.ts';
import type { AuditService } from './service.ts';
import { emptySnapshot } from './snapshot.ts';
import type { SignedTreeHead } from './tree-head.ts';

/** A tree head with what witnesses have signed about it. */
export interface PublishedHead extends SignedTreeHead {
  readonly cosignatures: readonly StoredCosignature[];
}

/** A leaf with its place in the tree; none while no signed head covers it. */
export interface PlacedLeaf extends StoredLeaf {
  readonly index: number | undefined;
}

/** What the log answers: heads, proofs, leaves and what opens them. */
export interface LogService {
  /** The head of this size, or the latest. @throws {LogError} `LOG_SIZE_UNKNOWN` */
  getHead(size?: number): Promise<PublishedHead>;
  /** Heads of more than `after` leaves, smallest first. */
  listHeads(after: number): Promise<readonly SignedTreeHead[]>;
  /** @throws {LogError} `LOG_RANGE_INVALID` */
  proveInclusion(index: number, size: number): Promise<{ leaf: Uint8Array; path: readonly Uint8Array[] }>;
  /** @throws {LogError} `LOG_RANGE_INVALID` */
  proveConsistency(first: number, second: number): Promise<readonly Uint8Array[]>;
  /** Leaf hashes from `start` on, at most 1,000 of them. @throws {LogError} `LOG_RANGE_INVALID` */
  listEntries(start: number, count: number): Promise<readonly Uint8Array[]>;
  /** The leaf of a sender's own message. @throws {LogError} `LOG_MESSAGE_UNKNOWN` */
  openMessage(sender: string, jti: string): Promise<PlacedLeaf>;
  /** The leaves of a payment; who may ask was decided before. */
  openPayment(paymentId: string): Promise<readonly PlacedLeaf[]>;
  /** All leaves that the head of this size is the first to cover. @throws {LogError} `LOG_SIZE_UNKNOWN` */
  openHead(size: number): Promise<readonly PlacedLeaf[]>;
  /** Records that are no leaf: somebody wrote past the triggers. */
  listUnlogged(): Promise<readonly UnloggedRecord[]>;
  /** Keeps what a witness signed. @throws {LogError} `LOG_COSIGNATURE_...`, `LOG_SIZE_UNKNOWN` */
  cosign(message: WriteMessage, size: number, signed: string): Promise<KeptAnswer>;
  /** Erases salts and messages older than `before`. @throws {LogError} `LOG_ERASURE_TOO_RECENT` */
  erase(message: WriteMessage, before: Date): Promise<KeptAnswer>;
}

const entriesMost = 1000;
const headsMost = 500;
const unloggedMost = 100;
/** Replays and repeated requests are told by messages of the last day; disputes look further back. */
const eraseAfterMs = 30 * 24 * 60 * 60 * 1000;

/** The log on its tables. */
export function createLogService(options: {
  readonly database: Database;
  readonly store: LogStore;
  readonly openings: OpeningStore;
  readonly audit: AuditService;
  readonly switchId: string;
  readonly findKey: (
    kid: string,
    owner: string,
  ) => VerificationKey | undefined | Promise<VerificationKey | undefined>;
  readonly now: () => Date;
}): LogService {
  const { database, store, openings, audit, now } = options;

  async function findHead(size?: number): Promise<StoredHead> {
    const head = await store.findHead(database, size);
    if (head === undefined) {
      throw new LogError('LOG_SIZE_UNKNOWN');
    }
    return head;
  }

  async function hashRanges(ranges: readonly LeafRange[]): Promise<readonly Uint8Array[]> {
    const tiles = await store.readTiles(database, listTiles(ranges));
    return ranges.map((range) => hashRange(range, tiles));
  }

  async function assertRange(isRight: boolean, end: number): Promise<void> {
    if (!isRight || ((await store.findHead(database))?.size ?? 0) < end) {
      throw new LogError('LOG_RANGE_INVALID');
    }
  }

  async function listEntries(start: number, count: number): Promise<readonly Uint8Array[]> {
    const size = (await store.findHead(database))?.size ?? 0;
    const end = Math.min(size, start + count);
    if (count < 1 || count > entriesMost || start >= size) {
      throw new LogError('LOG_RANGE_INVALID');
    }
    return hashRanges(Array.from({ length: end - start }, (_, at) => oneLeaf(start + at)));
  }

  async function place(leaf: StoredLeaf): Promise<PlacedLeaf> {
    const span = await openings.findSpan(database, leaf.transaction);
    if (span === undefined) {
      return { ...leaf, index: undefined };
    }
    const indexes = await indexesIn(span);
    return { ...leaf, index: indexes.get(nameOf(leaf.hash)) };
  }

  async function indexesIn(span: { from: number; to: number }): Promise<ReadonlyMap<string, number>> {
    const ranges = Array.from({ length: span.to - span.from }, (_, at) => oneLeaf(span.from + at));
    const hashes = await hashRanges(ranges);
    return new Map(hashes.map((hash, at) => [nameOf(hash), span.from + at]));
  }

  return {
    async getHead(size) {
      const head = await findHead(size);
      return { ...head, cosignatures: await openings.listCosignatures(database, head.size) };
    },
    listHeads: (after) => store.listHeads(database, { after, most: headsMost }),
    async proveInclusion(index, size) {
      await assertRange(index < size, size);
      const [leaf, ...path] = await hashRanges([oneLeaf(index), ...planInclusion(index, size)]);
      return { leaf: leaf as Uint8Array, path };
    },
    async proveConsistency(first, second) {
      await assertRange(first > 0 && first <= second, second);
      return hashRanges(planConsistency(first, second));
    },
    listEntries,
    async openMessage(sender, jti) {
      const leaf = await openings.findMessage(database, sender, jti);
      if (leaf === undefined) {
        throw new LogError('LOG_MESSAGE_UNKNOWN');
      }
      return place(leaf);
    },
    async openPayment(paymentId) {
      const leaves = await openings.listOfPayment(database, paymentId);
      return Promise.all(leaves.map(place));
    },
    async openHead(size) {
      const head = await findHead(size);
      const before = await store.findHeadBefore(database, size);
      const leaves = await openings.listBetween(database, {
        before: before?.snapshot ?? emptySnapshot,
        covered: head.snapshot,
      });
      const indexes = await indexesIn({ from: before?.size ?? 0, to: size });
      return leaves.map((leaf) => ({ ...leaf, index: indexes.get(nameOf(leaf.hash)) }));
    },
    listUnlogged: () => openings.listUnlogged(database, unloggedMost),
    cosign: (message, size, signed) => cosign(message, { size, signed }, options),
    async erase(message, before) {
      if (before.getTime() > now().getTime() - eraseAfterMs) {
        throw new LogError('LOG_ERASURE_TOO_RECENT', { path: '/before' });
      }
      return audit.once(message, 'log', async (connection) => ({
        status: 200,
        body: JSON.stringify(await openings.erase(connection, before)),
      }));
    },
  };
}

/** spec/audit.md 6, in the order of its checks. */
async function cosign(
  message: WriteMessage,
  given: { readonly size: number; readonly signed: string },
  options: Parameters<typeof createLogService>[0],
): Promise<KeptAnswer> {
  const { database, store, openings, audit, switchId, findKey, now } = options;
  const head = await store.findHead(database, given.size);
  if (head === undefined) {
    throw new LogError('LOG_SIZE_UNKNOWN');
  }
  const cosignature = parseCosignature(given.signed);
  const { kid, algorithm, previous } = cosignature;
  const key = await findKey(kid, message.sender);
  const isSenders =
    key?.algorithm === algorithm && (await key.verify(cosignature.signed, cosignature.signature));
  if (!isSenders || cosignature.witness !== message.sender) {
    throw new LogError('LOG_COSIGNATURE_INVALID', { path: '/signed' });
  }
  const before = previous === undefined ? undefined : await store.findHead(database, previous.size);
  const isOurs =
    cosignature.log === switchId &&
    cosignature.head.size === head.size &&
    isSame(cosignature.head.root, head.root) &&
    (previous === undefined ||
      (previous.size <= head.size && before !== undefined && isSame(previous.root, before.root)));
  if (!isOurs) {
    throw new LogError('LOG_COSIGNATURE_MISMATCH', { path: '/signed' });
  }
  return audit.once(message, `log/${head.size}`, async (connection) => {
    if ((await openings.findLastWitnessed(connection, message.sender)) > head.size) {
      throw new LogError('LOG_COSIGNATURE_STALE', { path: '/signed' });
    }
    const { signed } = given;
    const at = now();
    await openings.insertCosignature(connection, { size: head.size, witness: message.sender, signed, at });
    return { status: 201, body: JSON.stringify({ size: head.size, witness: message.sender }) };
  });
}

function oneLeaf(index: number): LeafRange {
  return { start: index, end: index + 1 };
}

function nameOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64url');
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
