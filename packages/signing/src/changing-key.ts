import { batchSigningKey } from './batch.ts';
import type { SigningKey } from './keys.ts';

/** One's own key, or a function that gives the one to sign with now, for an owner that rotates it. */
export type OwnKey = SigningKey | (() => SigningKey);

/** Makes a key that may change sign together what comes together, as `batchSigningKey` does for one key. */
export function batchOwnKey(key: OwnKey, options: { readonly issuer: string }): () => SigningKey {
  const keyNow = typeof key === 'function' ? key : () => key;
  let plain: SigningKey | undefined;
  let batching: SigningKey | undefined;
  return () => {
    const current = keyNow();
    if (batching === undefined || plain?.kid !== current.kid) {
      plain = current;
      batching = batchSigningKey(current, options);
    }
    return batching;
  };
}
