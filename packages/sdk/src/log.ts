import type { VerificationKey } from '@barlink/signing';
import type { TreeName } from './log-proof.ts';
import { SdkError } from './sdk-error.ts';
import { type Members, present, readMembers } from './shape.ts';
import type { SwitchClient } from './switch-client.ts';
import { fetchPublicJson } from './switch-keys.ts';

/** A tree head of the switch's log whose signature holds. */
export interface LogHead extends TreeName {
  readonly at: Date;
  /** Compact JWS of the switch. */
  readonly signed: string;
  readonly cosignatures: readonly { readonly witness: string; readonly signed: string }[];
}

/** A leaf of the log with what opens it, as far as it is there and the asker may see it. */
export interface LogLeaf {
  readonly kind: string;
  readonly ref: string;
  readonly part: string;
  /** The leaf hash in base64url. */
  readonly leaf: string;
  readonly index?: number;
  readonly salt?: string;
  readonly record?: string;
}

/** The head of a size, or the latest. @throws {SdkError} `LOG_HEAD_INVALID`, `SWITCH_UNREACHABLE` */
export async function readHead(client: SwitchClient, size?: number): Promise<LogHead> {
  const path = size === undefined ? '/v1/log/sth' : `/v1/log/sth/${size}`;
  const answer = await fetchPublicJson(client.transport, path);
  return {
    ...(await verifyHead(client, answer.text('signed'))),
    cosignatures: answer
      .objects('cosignatures')
      .map((each) => ({ witness: each.text('witness'), signed: each.text('signed') })),
  };
}

/** Verifies a signed head (spec/audit.md 4). @throws {SdkError} `LOG_HEAD_INVALID` */
export async function verifyHead(
  { switchKeys, switchId }: SwitchClient,
  signed: string,
): Promise<Omit<LogHead, 'cosignatures'>> {
  const [header = '', payload = '', signature = '', ...more] = signed.split('.');
  const { alg, kid, typ } = readJson(header);
  const key: VerificationKey | undefined =
    typeof kid === 'string' ? await switchKeys.keyFor(kid, switchId) : undefined;
  const isTrue =
    more.length === 0 &&
    typ === 'barlink-tree-head+jws' &&
    key?.algorithm === alg &&
    (await key?.verify(Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')));
  const said = readJson(payload);
  if (isTrue !== true || said.log !== switchId) {
    throw new SdkError('LOG_HEAD_INVALID', 'The tree head of the log is not signed by the switch.');
  }
  const members = readMembers(said);
  const root = readHash(members.text('root'));
  return { size: members.count('size'), root, at: members.instant('at'), signed };
}

/** Proof that one head begins another. */
export async function readConsistency(
  client: SwitchClient,
  sizes: { readonly first: number; readonly second: number },
): Promise<readonly Buffer[]> {
  const path = `/v1/log/proofs/consistency/${sizes.first}/${sizes.second}`;
  return (await fetchPublicJson(client.transport, path)).texts('path').map(readHash);
}

export function decodeLeaf(from: Members): LogLeaf {
  return present({
    kind: from.text('kind'),
    ref: from.text('ref'),
    part: from.text('part'),
    leaf: from.text('leaf'),
    index: from.optionalCount('index'),
    salt: from.optionalText('salt'),
    record: from.optionalText('record'),
  });
}

function readHash(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}

function readJson(segment: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
