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

/**
 * Sends a commit right behind statements of its transaction and waits for them all. It is not sent when one
 * of them could not be: the server would not miss it.
 *
 * @throws what one of them failed with
 */
export async function commitBehind(
  statements: readonly Promise<unknown>[],
  commitNow: () => Promise<void>,
): Promise<void> {
  await untilSent(statements);
  await sentTogether([...statements, commitNow()]);
}

/**
 * Waits until each statement has been sent or has failed because it could not be. That is in the same turn of
 * the event loop, so what is sent next goes right behind them.
 */
async function untilSent(statements: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = [];
  for (const statement of statements) {
    statement.catch((error: unknown) => failures.push(error));
  }
  // The driver says on the next tick what it cannot send, and its promise says so on the one after.
  await new Promise<void>((resolve) => process.nextTick(() => process.nextTick(resolve)));
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** in_failed_sql_transaction: an earlier statement of the transaction failed. */
function isConsequence(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === '25P02';
}
