/** Writes that were refused a moment ago, so that a copy of one does not take effect after all. */
export interface RefusedMessages {
  add(sender: string, jti: string, at: Date): void;
  has(sender: string, jti: string): boolean;
}

/** A signature is fresh for 300 seconds either way of its time: after 600 no copy of it is. */
const rememberedMs = 600_000;
/** A generation that is full is followed by the next before its time; two of them are remembered. */
const generationMax = 100_000;

/**
 * The memory of one process (spec/decisions/0019). It holds what was refused for 10 to 20 minutes, less when
 * a process refuses over 100,000 signed writes in that time.
 */
export function createRefusedMessages(): RefusedMessages {
  let current = new Set<string>();
  let before = new Set<string>();
  let turnsAt = 0;
  return {
    add(sender, jti, at) {
      if (at.getTime() >= turnsAt || current.size >= generationMax) {
        before = current;
        current = new Set();
        turnsAt = at.getTime() + rememberedMs;
      }
      current.add(`${sender} ${jti}`);
    },
    has(sender, jti) {
      const name = `${sender} ${jti}`;
      return current.has(name) || before.has(name);
    },
  };
}
