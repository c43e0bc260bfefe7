import type { SigningKey } from '@barlink/signing';
import type { Database, Queryable } from '../database/index.ts';
import type { LogStore, NewLeaves, StoredHead } from './log-store.ts';
import { appendLeaves, hashBytes, rootOf, sizeOf } from './merkle-tree.ts';
import { advanceSnapshot, emptySnapshot, isCovered, type Snapshot } from './snapshot.ts';
import { renderTreeHead, type TreeHead, treeHeadType } from './tree-head.ts';

/** Gives committed leaves their places in the tree and signs what the tree is then. */
export interface Sequencer {
  start(): void;
  /** One round; answers how many leaves got a place. None when another process is at it. */
  sequence(): Promise<number>;
  stop(): Promise<void>;
}

/** Half of the second within which a leaf is in a signed head; the other half is for the round itself. */
const sequenceEveryMs = 500;
/** Leaves in one step. */
const leavesMost = 1024;

/** A sequencer; every process runs one, and the database lets one at a time act. */
export function createSequencer(options: {
  readonly database: Database;
  readonly store: LogStore;
  /** The key of the moment; heads outlive it, so it must stay published. */
  readonly signingKey: () => SigningKey;
  readonly switchId: string;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  /** Runs work again and again; what it gives back ends that. */
  readonly repeat: (work: () => void, everyMs: number) => () => void;
  readonly leavesMost?: number;
}): Sequencer {
  const { database, onError, repeat } = options;
  let running: Promise<unknown> | undefined;
  let stopRepeating: (() => void) | undefined;
  let isStopped = false;

  async function sequence(): Promise<number> {
    let all = 0;
    let isMore = true;
    while (isMore && !isStopped) {
      const step = await database.transaction((connection) => takeStep(connection, options));
      all += step.leaves;
      isMore = step.isMore;
    }
    return all;
  }

  return {
    sequence,
    start() {
      stopRepeating = repeat(() => {
        running ??= sequence()
          .catch(onError)
          .finally(() => {
            running = undefined;
          });
      }, sequenceEveryMs);
    },
    async stop() {
      isStopped = true;
      stopRepeating?.();
      await running;
    },
  };
}

type StepOptions = Pick<
  Parameters<typeof createSequencer>[0],
  'store' | 'signingKey' | 'switchId' | 'now' | 'leavesMost'
>;

/** Reads, appends, signs and writes in one transaction: it all stands, or nothing of it was ever shown. */
async function takeStep(connection: Queryable, options: StepOptions): Promise<Step> {
  const { store } = options;
  if (!(await store.takeTurn(connection))) {
    return { leaves: 0, isMore: false };
  }
  // Read after the turn was taken, so that what the last sequencer wrote is seen.
  const last = await store.findHead(connection);
  const covered = last?.snapshot ?? emptySnapshot;
  const taken = await takeLeaves(connection, covered, options);
  if (taken.leaves.length === 0) {
    return { leaves: 0, isMore: false };
  }
  const edges = await store.readEdges(connection);
  assertContinues(edges, last);
  const { edges: grown, tiles } = appendLeaves(edges, taken.leaves);
  const at = new Date(Math.max(options.now().getTime(), last?.at.getTime() ?? 0));
  const head = { size: sizeOf(grown), root: rootOf(grown), at };
  const signed = await signHead(head, last, options);
  await store.write(connection, {
    edges: grown,
    tiles,
    head: { ...head, signed, snapshot: taken.snapshot },
  });
  return { leaves: taken.leaves.length / hashBytes, isMore: taken.isMore };
}

/** What one transaction did. */
interface Step {
  readonly leaves: number;
  readonly isMore: boolean;
}

/** The next leaves, whole transactions only, and what is covered with them. */
async function takeLeaves(
  connection: Queryable,
  covered: Snapshot,
  { store, leavesMost: asked = leavesMost }: StepOptions,
): Promise<{ readonly leaves: Uint8Array; readonly snapshot: Snapshot; readonly isMore: boolean }> {
  for (let most = asked; ; most *= 4) {
    const found = await store.listNew(connection, covered, most);
    const whole = wholeOf(found);
    if (whole.length > 0 || !found.isCut) {
      const cut = found.isCut ? found.transactions.at(-1)?.transaction : undefined;
      const snapshot = advanceSnapshot(covered, found.snapshot, cut);
      assertTakenOnce(whole, covered, snapshot);
      return { leaves: Buffer.concat(whole.map(({ hashes }) => hashes)), snapshot, isMore: found.isCut };
    }
    // One transaction alone has more leaves than fit.
  }
}

function wholeOf({ transactions, isCut }: NewLeaves): NewLeaves['transactions'] {
  return isCut ? transactions.slice(0, -1) : transactions;
}

/** A leaf that the last head covers, or that the next one would not, would get a second place. */
function assertTakenOnce(whole: NewLeaves['transactions'], last: Snapshot, next: Snapshot): void {
  const wrong = whole.find(
    ({ transaction }) => isCovered(transaction, last) || !isCovered(transaction, next),
  );
  if (wrong !== undefined) {
    throw new Error(`the leaves of transaction ${wrong.transaction} would be in the log twice`);
  }
}

/** A tree that is not the one last signed is never built on: it would be a fork. */
function assertContinues(edges: readonly Uint8Array[], last: StoredHead | undefined): void {
  const isSame =
    last === undefined
      ? sizeOf(edges) === 0
      : sizeOf(edges) === last.size && Buffer.compare(rootOf(edges), last.root) === 0;
  if (!isSame) {
    throw new Error('the tables of the log are not those of its last signed tree head');
  }
}

async function signHead(
  head: TreeHead,
  previous: TreeHead | undefined,
  { signingKey, switchId }: StepOptions,
): Promise<string> {
  const key = signingKey();
  const protectedHeader = { alg: key.algorithm, kid: key.kid, typ: treeHeadType };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode(protectedHeader)}.${encode(renderTreeHead(switchId, head, previous))}`;
  const signature = await key.sign(Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}
