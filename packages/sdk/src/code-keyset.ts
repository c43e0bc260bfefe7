import { type Keyset, verifyKeyset } from '@barlink/signing';
import { SdkError } from './sdk-error.ts';
import type { SwitchClient } from './switch-client.ts';
import { fetchPublicJson } from './switch-keys.ts';

/** The acquirers' code keys as a wallet keeps them. */
export interface CodeKeysetCache {
  /** A keyset that is valid now; from memory when it is. */
  current(): Promise<Keyset>;
  /**
   * Fetches a newer one when the one at hand is older than a few seconds. True when another one is at hand
   * now.
   */
  refresh(): Promise<'renewed' | 'kept'>;
  /** The signed text, to be stored for the next start without a network. */
  text(): string | undefined;
}

const renewAfterMs = 60 * 60 * 1000;
const refreshAtMostEveryMs = 2_000;

/** A keyset is verified whenever it comes in, from the network or from the caller's own store. */
export function createCodeKeysetCache(client: SwitchClient, stored: string | undefined): CodeKeysetCache {
  let held: { readonly text: string; readonly keyset: Keyset; readonly fetchedAtMs: number } | undefined;
  let pending = stored;

  const accept = async (text: string, fetchedAtMs: number) => {
    const { keyFor } = client.switchKeys;
    const keyset = await verifyKeyset(text, { keyFor, issuer: client.switchId, now: client.now() });
    held = { text, keyset, fetchedAtMs };
    return keyset;
  };
  const load = async () => {
    const document = await fetchPublicJson(client.transport, '/v1/keysets/codes');
    return accept(document.text('keyset'), performance.now());
  };
  const acceptStored = async () => {
    const text = pending;
    pending = undefined;
    if (text !== undefined) {
      // A stored keyset that is too old by now is simply replaced.
      await accept(text, Number.NEGATIVE_INFINITY).catch(() => undefined);
    }
  };

  return {
    text: () => held?.text,
    async current() {
      await acceptStored();
      if (held !== undefined && performance.now() - held.fetchedAtMs < renewAfterMs) {
        return held.keyset;
      }
      try {
        return await load();
      } catch (cause) {
        if (held !== undefined && held.keyset.expiresAt > client.now()) {
          return held.keyset;
        }
        throw new SdkError('KEYSET_UNAVAILABLE', 'There is no keyset to verify codes with.', {
          cause,
          retryable: true,
        });
      }
    },
    async refresh() {
      if (held !== undefined && performance.now() - held.fetchedAtMs < refreshAtMostEveryMs) {
        return 'kept';
      }
      return load().then(
        () => 'renewed',
        () => 'kept',
      );
    },
  };
}
