import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpError } from './errors.ts';

/** How often a sender may ask something (spec/guards.md 3). */
export interface RateLimit {
  /**
   * Before the signature is checked: refuses whoever claims to be a sender that has used its allowance up.
   * Only what was proven to be from a sender counts, so nobody can use it up for another.
   *
   * @throws {HttpError} `SENDER_RATE_EXCEEDED`
   */
  assertOpen(claimedSender: string): void;
  /** Counts a request whose sender is proven. @throws {HttpError} `SENDER_RATE_EXCEEDED` */
  take(sender: string): Promise<void>;
}

/** A limit of this process, in memory. */
export function createRateLimit(options: {
  readonly perSecond: number;
  readonly now?: () => number;
}): RateLimit {
  const { perSecond, now = () => performance.now() } = options;
  const limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
  const closedUntil = new Map<string, number>();
  return {
    assertOpen(sender) {
      if ((closedUntil.get(sender) ?? 0) > now()) {
        throw new HttpError('SENDER_RATE_EXCEEDED');
      }
    },
    async take(sender) {
      try {
        await limiter.consume(sender);
      } catch (exceeded) {
        if (!(exceeded instanceof RateLimiterRes)) {
          throw exceeded;
        }
        closedUntil.set(sender, now() + exceeded.msBeforeNext);
        throw new HttpError('SENDER_RATE_EXCEEDED');
      }
    },
  };
}
