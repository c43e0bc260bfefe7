import type { Finding, VerifiedHead } from './finding.ts';
import { type HeadKeys, verifyHead } from './head.ts';

/** Heads that hold, smallest first and each size once, and what is wrong with the others and between them. */
export function checkHeads(
  signed: readonly string[],
  keys: HeadKeys,
): { readonly heads: readonly VerifiedHead[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const bySize = new Map<number, VerifiedHead>();
  for (const [at, text] of signed.entries()) {
    const head = verifyHead(text, keys);
    if (head === undefined) {
      findings.push({
        code: 'AUDIT_HEAD_SIGNATURE_INVALID',
        message: `Tree head ${at + 1} of ${signed.length} is not signed with a key of the switch.`,
      });
      continue;
    }
    const other = bySize.get(head.size);
    if (other !== undefined && !isSame(other, head)) {
      findings.push(forked(head.size));
      continue;
    }
    bySize.set(head.size, head);
  }
  const heads = [...bySize.values()].sort((one, other) => one.size - other.size);
  for (const { size, previous } of heads) {
    const known = previous === undefined ? undefined : bySize.get(previous.size);
    if (previous !== undefined && known !== undefined && !known.root.equals(previous.root)) {
      findings.push(forked(size));
    }
  }
  return { heads, findings };
}

/** Compares what is published now with heads that were seen before. */
export function compareHeads(
  seen: readonly VerifiedHead[],
  heads: readonly VerifiedHead[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const bySize = new Map(heads.map((head) => [head.size, head]));
  const latest = heads.at(-1)?.size ?? 0;
  for (const head of seen) {
    const now = bySize.get(head.size);
    if (now !== undefined && !isSame(now, head)) {
      findings.push(forked(head.size));
    }
  }
  const longest = seen.at(-1)?.size ?? 0;
  if (longest > latest) {
    findings.push({
      code: 'AUDIT_LOG_TRUNCATED',
      message: `A tree head of ${longest} leaves was signed; the log ends after ${latest}.`,
      index: latest,
      size: longest,
    });
  }
  return findings;
}

/**
 * Published heads, and those that were seen, are not published any more and lie below the latest: the leaves
 * must fit both.
 */
export function mergeHeads(
  seen: readonly VerifiedHead[],
  heads: readonly VerifiedHead[],
): readonly (VerifiedHead & { readonly isPublished: boolean })[] {
  const sizes = new Set(heads.map(({ size }) => size));
  const latest = heads.at(-1)?.size ?? 0;
  const withdrawn = seen.filter(({ size }) => size < latest && !sizes.has(size));
  return [
    ...heads.map((head) => ({ ...head, isPublished: true })),
    ...withdrawn.map((head) => ({ ...head, isPublished: false })),
  ].sort((one, other) => one.size - other.size);
}

/** Two trees of one size, both signed: the log told different people different things. */
export function forked(size: number): Finding {
  return {
    code: 'AUDIT_LOG_FORKED',
    message: `The switch has signed two different trees of ${size} leaves or fewer.`,
    size,
  };
}

function isSame(one: VerifiedHead, other: VerifiedHead): boolean {
  return one.log === other.log && one.root.equals(other.root);
}
