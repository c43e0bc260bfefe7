import {
  createKeyset,
  importVerificationKey,
  type Keyset,
  type SigningKey,
  verifyKeyset,
} from '@barlink/signing';
import { type ParticipantRegistry, validityOf } from '../participants/index.ts';

/** The acquirers' code keys, signed by the switch: as wallets fetch it and as the switch itself uses it. */
export interface CodeKeyset {
  current(): Promise<{ readonly text: string; readonly keyset: Keyset; readonly tag: string }>;
}

/** Validity of a keyset a wallet fetches: spec/codes.md 3, at most 7 days. */
const validMs = 7 * 24 * 60 * 60 * 1000;
/** A keyset is made anew after this time, so that what a wallet fetches is good for nearly seven days. */
const remakeAfterMs = 60 * 60 * 1000;

/** Makes the keyset when it is asked for and keeps it until a key or a participant's state changes. */
export function createCodeKeyset(options: {
  readonly registry: ParticipantRegistry;
  /** The key the switch signs with now. */
  readonly signingKey: () => SigningKey;
  readonly switchId: string;
  readonly now: () => Date;
}): CodeKeyset {
  const { registry, signingKey, switchId, now } = options;
  let made: {
    readonly tag: string;
    readonly at: number;
    readonly value: Promise<{ text: string; keyset: Keyset; tag: string }>;
  };

  async function make(tag: string, at: Date): Promise<{ text: string; keyset: Keyset; tag: string }> {
    const entries = await Promise.all(
      registry.list().flatMap((participant) =>
        registry
          .listKeys(participant.id)
          // An ended key stays: what it signed in its time is still paid. A revoked one stays to be told
          // apart.
          .filter((key) => key.use === 'codes' && participant.state === 'active')
          .map(async (key) => ({
            acquirer: participant.number,
            key: await importVerificationKey(key.jwk, validityOf(key)),
          })),
      ),
    );
    const expiresAt = new Date(at.getTime() + validMs);
    const key = signingKey();
    const text = await createKeyset(entries, { key, issuer: switchId, issuedAt: at, expiresAt });
    const own = await importVerificationKey(key.publicJwk);
    return { text, keyset: await verifyKeyset(text, { keyFor: () => own, issuer: switchId, now: at }), tag };
  }

  return {
    current() {
      const at = now();
      const tag =
        registry.keysTag +
        registry
          .list()
          .map((participant) => participant.state)
          .join();
      if (made === undefined || made.tag !== tag || at.getTime() - made.at > remakeAfterMs) {
        made = { tag, at: at.getTime(), value: make(tag, at) };
      }
      return made.value;
    },
  };
}
