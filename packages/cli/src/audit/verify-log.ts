import type { Finding, Report, VerifiedHead } from './finding.ts';
import { type HeadKeys, readHash } from './head.ts';
import { checkHeads, compareHeads, forked, mergeHeads } from './heads.ts';
import { appendAll, emptyTree, isConsistent, rootOf } from './tree.ts';

/** Asks a switch: a path below its origin in, JSON out. */
export type Ask = (path: string) => Promise<unknown>;

/** What a running log is checked with. */
export interface VerifyLogOptions {
  readonly keys: HeadKeys;
  /** Heads that were seen before, verified, smallest first. */
  readonly seen: readonly VerifiedHead[];
  /** `proofs` asks for consistency proofs; `leaves` computes the whole tree again. */
  readonly by: 'proofs' | 'leaves';
}

/** Checks what a switch publishes against what it published before (spec/audit.md 7). */
export async function verifyLog(ask: Ask, options: VerifyLogOptions): Promise<Report> {
  const { keys, seen } = options;
  const last = seen.at(-1);
  const isWhole = options.by === 'leaves' || last === undefined;
  // From just below the last one seen, so that it is published again and compared.
  const { heads, findings } = checkHeads(await listHeads(ask, isWhole ? 0 : last.size - 1), keys);
  const compared = compareHeads(seen, heads);
  const trees =
    options.by === 'leaves'
      ? await checkLeaves(ask, { seen, heads })
      : await checkProofs(ask, { last, heads });
  const leaves = options.by === 'leaves' ? (heads.at(-1)?.size ?? 0) : 0;
  const all = [...findings, ...compared, ...trees];
  return { log: heads.at(-1)?.log, findings: all, leaves, opened: 0, heads };
}

async function listHeads(ask: Ask, after: number): Promise<readonly string[]> {
  const signed: string[] = [];
  for (let from = after; ; ) {
    const { heads } = (await ask(`/v1/log/heads/${from}`)) as { heads: { size: number; signed: string }[] };
    const next = heads.at(-1)?.size;
    if (next === undefined) {
      return signed;
    }
    signed.push(...heads.map((head) => head.signed));
    from = next;
  }
}

/** The last head seen, or else the first published, is begun by every later one up to the latest. */
async function checkProofs(
  ask: Ask,
  { last, heads }: { readonly last: VerifiedHead | undefined; readonly heads: readonly VerifiedHead[] },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let first = last ?? heads[0];
  for (const second of heads) {
    if (first === undefined || second.size <= first.size) {
      continue;
    }
    const { path } = (await ask(`/v1/log/proofs/consistency/${first.size}/${second.size}`)) as {
      path: unknown[];
    };
    const hashes = path.map(readHash).filter((hash) => hash !== undefined);
    if (hashes.length !== path.length || !isConsistent(first, second, hashes)) {
      findings.push(forked(second.size));
    }
    first = second;
  }
  return findings;
}

async function checkLeaves(
  ask: Ask,
  all: { readonly seen: readonly VerifiedHead[]; readonly heads: readonly VerifiedHead[] },
): Promise<readonly Finding[]> {
  let tree = emptyTree;
  for (const { size, root, isPublished } of mergeHeads(all.seen, all.heads)) {
    const from = tree.size;
    while (tree.size < size) {
      const count = Math.min(1000, size - tree.size);
      const { leaves } = (await ask(`/v1/log/entries/${tree.size}/${count}`)) as { leaves: unknown[] };
      const hashes = leaves.map(readHash).filter((hash) => hash !== undefined);
      if (hashes.length !== count) {
        const message = `The leaves end after ${tree.size + hashes.length}; a tree head covers ${size}.`;
        return [{ code: 'AUDIT_LOG_TRUNCATED', message, index: tree.size + hashes.length, size }];
      }
      tree = appendAll(tree, hashes);
    }
    if (!rootOf(tree).equals(root)) {
      if (!isPublished) {
        return [forked(size)];
      }
      const message = `Leaves ${from} to ${size - 1} are not those of the tree head of ${size} leaves.`;
      return [{ code: 'AUDIT_LEAVES_CHANGED', message, index: from, last: size - 1, size }];
    }
  }
  return [];
}
