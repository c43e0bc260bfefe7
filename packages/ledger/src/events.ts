/** The results that belong to a row's place in its call and not to what it asks for. */
type PlaceCode =
  | 'created'
  | 'linked_event_failed'
  | 'linked_event_chain_open'
  | 'imported_event_expected'
  | 'imported_event_not_expected'
  | 'timestamp_must_be_zero'
  | 'imported_event_timestamp_out_of_range'
  | 'imported_event_timestamp_must_not_advance';

interface Placed {
  readonly flags: number;
  readonly timestamp: bigint;
}

/** What is particular to accounts or transfers; everything else about a call is the same for both. */
export interface EventRules<Row extends Placed, Code extends string> {
  readonly importedBit: number;
  /** Decides one row; when the answer is `created` it has taken effect in the working state. */
  decide(row: Row, timestamp: bigint): Code | 'created';
  /** From here until `undoChain` or `keepChain` effects can be taken back. */
  openChain(): void;
  undoChain(): void;
  keepChain(): void;
  /** Called for every row that fails by itself, after its chain was undone. */
  failed(row: Row, result: Code | PlaceCode): void;
}

/** The last instant a ledger can name: 2^63 - 1 nanoseconds after 1970. */
export const timestampMax = 9223372036854775807n;

const linkedBit = 1;

/**
 * Decides the rows of one call in their order. A chain is a run of rows with the flag `linked` and the one
 * row after it; either all of it takes effect or none. spec/ledger.md 4.
 */
export function decideEvents<Row extends Placed, Code extends string>(
  rows: readonly Row[],
  now: bigint,
  rules: EventRules<Row, Code>,
): (Code | PlaceCode)[] {
  const results: (Code | PlaceCode)[] = [];
  const importing = ((rows[0]?.flags ?? 0) & rules.importedBit) !== 0;
  let chainStart = -1;
  let isBroken = false;
  rows.forEach((row, index) => {
    const isLinked = (row.flags & linkedBit) !== 0;
    if (isLinked && chainStart < 0) {
      chainStart = index;
      isBroken = false;
      rules.openChain();
    }
    const result = decideOne(index);
    results.push(result);
    if (result !== 'created') {
      if (chainStart >= 0 && !isBroken) {
        isBroken = true;
        rules.undoChain();
        results.fill('linked_event_failed', chainStart, index);
      }
      rules.failed(row, result);
    }
    if (chainStart >= 0 && !isLinked) {
      if (!isBroken) rules.keepChain();
      chainStart = -1;
    }

    function decideOne(at: number): Code | PlaceCode {
      if (isLinked && at === rows.length - 1) return 'linked_event_chain_open';
      if (chainStart >= 0 && isBroken) return 'linked_event_failed';
      const timestamp = now + BigInt(at);
      return (
        decideTimestamp(row, now, { importing, importedBit: rules.importedBit }) ??
        rules.decide(row, importing ? row.timestamp : timestamp)
      );
    }
  });
  return results;
}

function decideTimestamp(
  row: Placed,
  now: bigint,
  call: { readonly importing: boolean; readonly importedBit: number },
): PlaceCode | undefined {
  const isImported = (row.flags & call.importedBit) !== 0;
  if (isImported !== call.importing) {
    return call.importing ? 'imported_event_expected' : 'imported_event_not_expected';
  }
  if (!isImported) return row.timestamp === 0n ? undefined : 'timestamp_must_be_zero';
  if (row.timestamp < 1n || row.timestamp >= timestampMax) return 'imported_event_timestamp_out_of_range';
  return row.timestamp > now ? 'imported_event_timestamp_must_not_advance' : undefined;
}
