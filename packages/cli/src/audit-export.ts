import type { Auditor } from '@barlink/sdk';

/** The lines of an export (spec/audit.md 7): the log, its heads and leaves, and records that are no leaf. */
export async function exportLog(auditor: Auditor, log: string): Promise<readonly string[]> {
  const lines = [JSON.stringify({ type: 'log', log })];
  for (let after = 0; ; ) {
    const heads = await auditor.heads(after);
    for (const { size } of heads) {
      lines.push(...(await exportHead(auditor, size)), ...(await exportLeaves(auditor, after, size)));
      after = size;
    }
    if (heads.length === 0) {
      break;
    }
  }
  const unlogged = await auditor.unlogged();
  return [...lines, ...unlogged.map((record) => JSON.stringify({ type: 'unlogged', ...record }))];
}

async function exportHead(auditor: Auditor, size: number): Promise<readonly string[]> {
  const { signed, cosignatures } = await auditor.head(size);
  return [
    JSON.stringify({ type: 'head', size, signed }),
    ...cosignatures.map((each) => JSON.stringify({ type: 'cosignature', size, ...each })),
  ];
}

/** The leaves between two heads, by the order of the tree; what opens them is found by place. */
async function exportLeaves(auditor: Auditor, from: number, to: number): Promise<readonly string[]> {
  const all = await auditor.leaves(to);
  const opened = new Map(all.map((leaf) => [leaf.index, leaf]));
  const lines: string[] = [];
  while (from + lines.length < to) {
    const start = from + lines.length;
    const leaves = await auditor.entries(start, Math.min(1000, to - start));
    if (leaves.length === 0) {
      break;
    }
    for (const [at, leaf] of leaves.entries()) {
      const index = start + at;
      lines.push(JSON.stringify({ type: 'leaf', ...opened.get(index), index, leaf }));
    }
  }
  const unplaced = all.filter(({ index }) => index === undefined);
  return [...lines, ...unplaced.map((leaf) => JSON.stringify({ type: 'unplaced', ...leaf }))];
}
