const retriesMax = 20;

/**
 * Runs `attempt` again after a serialization failure (40001), a deadlock (40P01) or a lock that was not to be
 * had in time (55P03): the transaction did nothing and may simply be repeated. Waits grow and are spread out.
 */
export async function retryContended<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isContention(error) || failures === retriesMax) throw error;
      await pause(Math.random() * Math.min(200, 2 ** failures));
    }
  }
}

function isContention(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '40001' || code === '40P01' || code === '55P03';
}

function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}
