import type { Finding } from './finding.ts';
import { readHash } from './head.ts';

/** What an export holds (spec/audit.md 7), line by line. */
export interface Export {
  readonly log: string | undefined;
  readonly heads: readonly string[];
  readonly cosignatures: readonly {
    readonly size: number;
    readonly witness: string;
    readonly signed: string;
  }[];
  readonly leaves: readonly ExportedLeaf[];
  /** Leaf hashes that are at no place of the tree. */
  readonly unplaced: readonly Buffer[];
  readonly unlogged: readonly string[];
  readonly findings: readonly Finding[];
}

/** A leaf with what opens it, as far as it was exported. */
export interface ExportedLeaf {
  readonly index: number;
  readonly leaf: Buffer;
  /** Where its record comes from: `message 0190... bank-north`. */
  readonly name: string | undefined;
  readonly salt: Buffer | undefined;
  readonly record: string | undefined;
}

/** Reads the lines of an export; a line that cannot be read is a finding. */
export function readExport(lines: Iterable<string>): Export {
  const heads: string[] = [];
  const cosignatures: Export['cosignatures'][number][] = [];
  const leaves: ExportedLeaf[] = [];
  const unplaced: Buffer[] = [];
  const unlogged: string[] = [];
  const findings: Finding[] = [];
  let log: string | undefined;
  let number = 0;
  for (const line of lines) {
    number += 1;
    if (line.trim() === '') {
      continue;
    }
    const value = readObject(line);
    const leaf = value?.type === 'leaf' ? readLeaf(value) : undefined;
    if (leaf !== undefined) {
      leaves.push(leaf);
    } else if (value?.type === 'head' && typeof value.signed === 'string') {
      heads.push(value.signed);
    } else if (value?.type === 'cosignature') {
      const { size, witness, signed } = value;
      cosignatures.push({ size: Number(size), witness: String(witness), signed: String(signed) });
    } else if (value?.type === 'unplaced') {
      unplaced.push(readHash(value.leaf) ?? Buffer.alloc(0));
    } else if (value?.type === 'unlogged') {
      unlogged.push(nameOf(value));
    } else if (value?.type === 'log' && typeof value.log === 'string') {
      log = value.log;
    } else {
      const message = `Line ${number} is nothing that belongs into an export.`;
      findings.push({ code: 'AUDIT_EXPORT_MALFORMED', message });
    }
  }
  return { log, heads, cosignatures, leaves, unplaced, unlogged, findings };
}

function readLeaf(value: Record<string, unknown>): ExportedLeaf | undefined {
  const { index, record } = value;
  const leaf = readHash(value.leaf);
  const salt = value.salt === undefined ? undefined : readHash(value.salt);
  const isForm =
    typeof index === 'number' &&
    Number.isSafeInteger(index) &&
    (value.salt === undefined || salt !== undefined) &&
    (record === undefined || typeof record === 'string');
  return isForm && leaf !== undefined
    ? { index, leaf, salt, record, name: value.kind === undefined ? undefined : nameOf(value) }
    : undefined;
}

function nameOf({ kind, ref, part }: Record<string, unknown>): string {
  return [kind, ref, part].filter((word) => typeof word === 'string' && word !== '').join(' ');
}

function readObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
