import { encodeJwks, keyOverlapHours, type PublishedJwk, type SigningKey } from '@barlink/signing';

/** A key of the switch and from when on it signs with it; the first one has signed from the start. */
export interface DatedSigningKey {
  readonly key: SigningKey;
  readonly notBefore: Date | undefined;
}

/** The keys the switch signs with, one after another (spec/signing.md 2.5). */
export interface SigningKeys {
  /** The key to sign with at an instant. */
  current(now: Date): SigningKey;
  /** All of them with when they count: the next one is there before it is used, the old ones after. */
  publish(): readonly PublishedJwk[];
  /** Looks for a key that was added; takes none that would be used less than 24 hours from now. */
  reload(now: Date): Promise<void>;
}

/** What is wrong with a row of keys. */
export type KeyRowFault = 'none counts now' | 'too close together';

const overlapMs = keyOverlapHours * 60 * 60 * 1000;
/** Most keys a published set shows (spec/signing.md 2.4). */
const publishedMax = 64;

/**
 * Keys in the order they take over. A key counts from its instant until 24 hours after its successor's, so
 * that what it signed last is still accepted wherever it arrives.
 *
 * @param load reads the keys again where they are kept; those at hand stay when it gives none
 */
export function createSigningKeys(
  first: readonly DatedSigningKey[],
  load: () => Promise<readonly DatedSigningKey[]> = async () => [],
): SigningKeys {
  let row = inOrder(first);
  return {
    current: (now) => currentOf(row, now),
    publish: () => publishRow(row),
    async reload(now) {
      const known = new Set(row.map(({ key }) => key.kid));
      const added = (await load()).filter(
        ({ key, notBefore }) =>
          !known.has(key.kid) && notBefore !== undefined && notBefore.getTime() >= now.getTime() + overlapMs,
      );
      const next = inOrder([...row, ...added]);
      if (added.length > 0 && findFault(next, now) === undefined) {
        row = next;
      }
    },
  };
}

/** What makes a row of keys unusable, if anything does. */
export function findFault(keys: readonly DatedSigningKey[], now: Date): KeyRowFault | undefined {
  const begins = inOrder(keys).map(beginOf);
  if (!begins.some((begin) => begin <= now.getTime())) {
    return 'none counts now';
  }
  const isClose = begins.some((begin, at) => at > 0 && begin - (begins[at - 1] ?? 0) < overlapMs);
  return isClose ? 'too close together' : undefined;
}

function currentOf(row: readonly DatedSigningKey[], now: Date): SigningKey {
  const current = row.findLast((candidate) => beginOf(candidate) <= now.getTime());
  if (current === undefined) {
    throw new Error('no key of the switch counts yet');
  }
  return current.key;
}

function publishRow(row: readonly DatedSigningKey[]): readonly PublishedJwk[] {
  const published = row.map(({ key: { publicJwk }, notBefore }, at) => {
    const successor = row[at + 1];
    const { keys } = encodeJwks([
      {
        publicJwk,
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(successor === undefined ? {} : { expiresAt: new Date(beginOf(successor) + overlapMs) }),
      },
    ]);
    return keys;
  });
  return published.flat().slice(-publishedMax);
}

function inOrder(keys: readonly DatedSigningKey[]): readonly DatedSigningKey[] {
  return [...keys].sort((one, other) => beginOf(one) - beginOf(other));
}

function beginOf({ notBefore }: DatedSigningKey): number {
  return notBefore?.getTime() ?? 0;
}
