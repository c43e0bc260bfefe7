import type { Queryable } from '../database/index.ts';
import type { RefusalReason, TokenUses } from '../tokens/index.ts';
import type { Conclusion, Opening } from './journal-service.ts';

/** What counting the uses of tokens asks. */
export interface TokenUseParts {
  readonly tokens: Pick<TokenUses, 'changeTokenUses'>;
}

/** True when a batch has payments whose tokens count them, or may have. */
export function changesTokenUses(openings: readonly Opening[], conclusions: readonly Conclusion[]): boolean {
  return openings.some(({ tokenUse }) => tokenUse !== undefined) || conclusions.some(mayRelease);
}

/** A purchase that comes to nothing; whether its token counted it is known to the database only. */
function mayRelease({ history, decision }: Conclusion): boolean {
  return decision.transfer === 'void' && history.payment.kind === 'purchase';
}

/**
 * Gives back what payments that come to nothing took of their tokens' limits, then takes for new ones.
 * Answers the openings that their tokens do not let. A batch without such payments costs nothing.
 */
export async function takeTokenUses(
  connection: Queryable,
  batch: { readonly openings: readonly Opening[]; readonly concluding: readonly Conclusion[] },
  { tokens }: TokenUseParts,
): Promise<ReadonlyMap<Opening, RefusalReason>> {
  const takers = batch.openings.filter(({ tokenUse }) => tokenUse !== undefined);
  const released = batch.concluding.filter(mayRelease).map(({ history }) => history.payment.id);
  if (takers.length === 0 && released.length === 0) {
    return new Map();
  }
  const claims = takers.flatMap(({ tokenUse }) => (tokenUse === undefined ? [] : [tokenUse]));
  const verdicts = await tokens.changeTokenUses(connection, { released, claims });
  const refused = new Map<Opening, RefusalReason>();
  takers.forEach((taker, at) => {
    const reason = verdicts[at];
    if (reason !== undefined) {
      refused.set(taker, reason);
    }
  });
  return refused;
}

/**
 * Gives back what openings of this batch took that were not opened after all; their rows are locked already.
 */
export async function releaseTokenUses(
  connection: Queryable,
  openings: readonly Opening[],
  { tokens }: TokenUseParts,
): Promise<void> {
  const released = openings.flatMap(({ tokenUse }) => (tokenUse === undefined ? [] : [tokenUse.paymentId]));
  if (released.length > 0) {
    await tokens.changeTokenUses(connection, { released, claims: [] });
  }
}
