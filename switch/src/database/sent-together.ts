/**
 * Waits for statements that were sent one behind the other on a connection. When one failed, the others fail
 * because of it: its error is the one that is thrown, whichever is heard of first.
 */
export async function sentTogether<Results extends readonly unknown[]>(
  statements: readonly [...{ [At in keyof Results]: Promise<Results[At]> }],
): Promise<Results> {
  const settled = await Promise.allSettled(statements);
  const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (reasons.length > 0) {
    throw reasons.find((reason) => !isConsequence(reason)) ?? reasons[0];
  }
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as unknown as Results;
}

/** in_failed_sql_transaction: an earlier statement of the transaction failed. */
function isConsequence(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === '25P02';
}
