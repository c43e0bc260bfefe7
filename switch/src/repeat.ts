/** Runs work again and again in time; what it gives back ends that. */
export function repeatInTime(work: () => void, everyMs: number): () => void {
  const timer = setInterval(work, everyMs);
  return () => clearInterval(timer);
}

/**
 * Runs work in time, one round after the other; what it gives back ends that and waits for the round at
 * work.
 */
export function repeatInTurn(
  work: () => Promise<unknown>,
  options: { readonly everyMs: number; readonly onError: (error: unknown) => void },
): () => Promise<void> {
  let running: Promise<unknown> | undefined;
  const stop = repeatInTime(() => {
    running ??= work()
      .catch(options.onError)
      .finally(() => {
        running = undefined;
      });
  }, options.everyMs);
  return async () => {
    stop();
    await running;
  };
}
