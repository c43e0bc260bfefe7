import { type Export, type ExportedLeaf, readExport } from './export.ts';
import type { Finding, Report, VerifiedHead } from './finding.ts';
import { type HeadKeys, isCosigned, kidOf } from './head.ts';
import { checkHeads, compareHeads, forked, mergeHeads } from './heads.ts';
import { locateChange } from './locate.ts';
import { appendAll, emptyTree, hashLeaf, rootOf } from './tree.ts';

/** What an export is checked with. */
export interface VerifyExportOptions {
  /** Of the switch. */
  readonly keys: HeadKeys;
  /** Of witnesses; a cosignature by a key that is not among them is not judged. */
  readonly witnessKeys?: HeadKeys;
  /** Heads that were seen before, verified. */
  readonly seen?: readonly VerifiedHead[];
}

/** Checks an export (spec/audit.md 7, in the order of its checks); an export without findings is whole. */
export function verifyExport(lines: Iterable<string>, options: VerifyExportOptions): Report {
  const given = readExport(lines);
  const { heads, findings: headFindings } = checkHeads(given.heads, options.keys);
  const placed = placeLeaves(given.leaves, heads.at(-1)?.size ?? 0);
  const opened = openLeaves(given.leaves);
  const findings = [
    ...given.findings,
    ...headFindings,
    ...compareHeads(options.seen ?? [], heads),
    ...checkCosignatures(given, heads, options.witnessKeys ?? new Map()),
    ...placed.findings,
    ...opened.findings,
    ...(placed.findings.length === 0
      ? checkRoots(placed.leaves, mergeHeads(options.seen ?? [], heads), {
          known: opened.findings,
          unplaced: given.unplaced,
        })
      : []),
    ...given.unlogged.map(
      (name): Finding => ({
        code: 'AUDIT_RECORD_UNLOGGED',
        message: `The record ${name} is in the database and no leaf commits to it.`,
      }),
    ),
  ];
  return { log: given.log, findings, leaves: given.leaves.length, opened: opened.count, heads };
}

function checkCosignatures(
  { cosignatures }: Export,
  heads: readonly VerifiedHead[],
  keys: HeadKeys,
): readonly Finding[] {
  return cosignatures.flatMap(({ size, witness, signed }): Finding[] => {
    const head = heads.find((each) => each.size === size);
    const kid = kidOf(signed);
    const isJudged = keys.size > 0 && (kid === undefined || keys.has(kid));
    return !isJudged || (head !== undefined && isCosigned(signed, head, keys))
      ? []
      : [
          {
            code: 'AUDIT_COSIGNATURE_INVALID',
            message: `The cosignature of ${witness} is not over this log's tree head of ${size} leaves.`,
            size,
          },
        ];
  });
}

/** Every index once, from 0 to the last head's size. */
function placeLeaves(
  leaves: readonly ExportedLeaf[],
  size: number,
): { readonly leaves: readonly Buffer[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const inOrder = leaves.toSorted((one, other) => one.index - other.index);
  let due = 0;
  for (const [at, { index }] of inOrder.entries()) {
    if (index < due) {
      const message = `Leaf ${index} occurs twice.`;
      findings.push({ code: 'AUDIT_LEAF_INSERTED', message, index });
      continue;
    }
    if (index > due) {
      const last = index - 1;
      const message = due === last ? `Leaf ${due} is missing.` : `Leaves ${due} to ${last} are missing.`;
      findings.push({ code: 'AUDIT_LEAF_DELETED', message, index: due, ...(due === last ? {} : { last }) });
    }
    due = index + 1;
    if (index !== leaves[at]?.index && findings.length === 0) {
      const message = `Leaf ${index} does not stand in its place.`;
      findings.push({ code: 'AUDIT_LEAVES_REORDERED', message, index });
    }
  }
  if (due < size) {
    const message = `The tree heads cover ${size} leaves; the leaves end after ${due}.`;
    findings.push({ code: 'AUDIT_LOG_TRUNCATED', message, index: due, size });
  }
  return { leaves: inOrder.map(({ leaf }) => leaf), findings };
}

/** Each record that is there under its salt is its leaf; none is gone whose salt is there. */
function openLeaves(leaves: readonly ExportedLeaf[]): {
  readonly findings: readonly Finding[];
  readonly count: number;
} {
  const findings: Finding[] = [];
  let count = 0;
  for (const { index, leaf, salt, record, name = 'its record' } of leaves) {
    if (salt === undefined) {
      continue;
    }
    if (record === undefined) {
      const message = `The record of leaf ${index} (${name}) was deleted.`;
      findings.push({ code: 'AUDIT_LEAF_DELETED', message, index });
    } else if (hashLeaf(salt, record).equals(leaf)) {
      count += 1;
    } else {
      const message = `The record of leaf ${index} (${name}) is not what was committed to.`;
      findings.push({ code: 'AUDIT_LEAF_EDITED', message, index });
    }
  }
  return { findings, count };
}

/** Each head's root is that of the leaves below it; the first that is not tells what was changed. */
function checkRoots(
  leaves: readonly Buffer[],
  heads: ReturnType<typeof mergeHeads>,
  { known, unplaced }: { readonly known: readonly Finding[]; readonly unplaced: readonly Buffer[] },
): readonly Finding[] {
  let tree = emptyTree;
  for (const { size, root, isPublished } of heads) {
    const grown = appendAll(tree, leaves.slice(tree.size, size));
    if (!rootOf(grown).equals(root)) {
      if (!isPublished) {
        return [forked(size)];
      }
      const change = locateChange({ before: tree, leaves: leaves.slice(tree.size), size, root, unplaced });
      // A leaf hash that was replaced is told by its record, more exactly.
      const isTold = known.some(
        ({ index, code }) =>
          code === 'AUDIT_LEAF_EDITED' && index !== undefined && index >= tree.size && index < size,
      );
      return isTold && change.code === 'AUDIT_LEAVES_CHANGED' ? [] : [change];
    }
    tree = grown;
  }
  return tree.size < leaves.length
    ? [
        {
          code: 'AUDIT_LEAF_INSERTED',
          message: `Leaf ${tree.size} and what follows it are under no signed tree head.`,
          index: tree.size,
        },
      ]
    : [];
}
