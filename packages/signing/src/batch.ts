import {
  type BatchSigner,
  batchMark,
  batchMessagesMax,
  batchSigningInput,
  encodeBatchHeader,
  encodeInclusion,
} from './batch-proof.ts';
import type { SigningKey } from './keys.ts';
import { growTree } from './merkle.ts';
import { SigningError } from './signing-error.ts';

/** A message about to be signed. */
export interface UnsignedMessage {
  /** The leaf prefix and then the signing input. */
  readonly leaf: Uint8Array;
  readonly iss: string;
  /** Unix time in seconds. */
  readonly iat: number;
}

/** A key that signs what comes together with one signature (spec/signing.md 7). */
export interface BatchSigningKey extends SigningKey {
  /** What stands behind the header of a message: its signature, or its path and the batch's signature. */
  prove(message: UnsignedMessage): Promise<string>;
}

/** Options of {@link batchSigningKey}. */
export interface BatchSigningOptions {
  /** Participant who signs; a batch speaks for one. */
  readonly issuer: string;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

/** A batch that has waited this long is signed even while the one before is under way, in milliseconds. */
const waitMaxMs = 5;

interface Waiting extends UnsignedMessage {
  readonly sinceMs: number;
  readonly resolve: (proof: string) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes a key sign together what comes together; use it wherever the key is used.
 *
 * Nothing waits for company: while one signature is under way the next messages gather, so a message that
 * comes alone is signed alone, in the plain form.
 *
 * @example
 * const key = batchSigningKey(await importSigningKey(jwk), { issuer: 'bank-north' });
 */
export function batchSigningKey(key: SigningKey, options: BatchSigningOptions): BatchSigningKey {
  const { issuer, monotonicMs = () => performance.now() } = options;
  let gathering: Waiting[] = [];
  let underWay = 0;
  let isDue = false;

  function begin(): void {
    isDue = false;
    const batch = gathering;
    gathering = [];
    underWay += 1;
    void settle(key, batch).finally(() => {
      underWay -= 1;
      if (underWay === 0 && gathering.length > 0) {
        begin();
      }
    });
  }

  function add(message: Waiting): void {
    gathering.push(message);
    const [oldest = message] = gathering;
    const isOverdue = underWay > 0 && message.sinceMs - oldest.sinceMs > waitMaxMs;
    if (gathering.length === batchMessagesMax || isOverdue) {
      begin();
    } else if (underWay === 0 && !isDue) {
      isDue = true;
      // What is made in the same turn of the event loop travels along.
      soon(() => {
        if (isDue && gathering.length > 0) {
          begin();
        }
      });
    }
  }

  return {
    ...key,
    prove: (message) =>
      new Promise((resolve, reject) => {
        if (message.iss !== issuer) {
          throw new SigningError('SIGNATURE_MALFORMED', 'The key signs for another participant.', {
            path: '/iss',
          });
        }
        add({ sinceMs: monotonicMs(), resolve, reject, ...message });
      }),
  };
}

/** Whether a key signs in batches. */
export function isBatchSigningKey(key: SigningKey): key is BatchSigningKey {
  return 'prove' in key;
}

/** The signature of a message that is alone, as text. */
export async function proveAlone(key: SigningKey, { leaf }: Pick<UnsignedMessage, 'leaf'>): Promise<string> {
  return key.provider.encodeBase64url(await key.sign(leaf.subarray(1)));
}

async function settle(key: SigningKey, batch: readonly Waiting[]): Promise<void> {
  try {
    const proofs = await proveAll(key, batch);
    batch.forEach(({ resolve }, at) => {
      resolve(proofs[at] as string);
    });
  } catch (error) {
    for (const { reject } of batch) {
      reject(error);
    }
  }
}

async function proveAll(key: SigningKey, batch: readonly Waiting[]): Promise<readonly string[]> {
  const [first] = batch;
  if (first === undefined || batch.length === 1) {
    return Promise.all(batch.map((message) => proveAlone(key, message)));
  }
  const { provider, algorithm: alg, kid } = key;
  const { root, inclusions } = growTree(
    batch.map(({ leaf }) => provider.sha256(leaf)),
    provider.sha256,
  );
  const iat = batch.reduce((latest, message) => Math.max(latest, message.iat), 0);
  const signer: BatchSigner = { alg, kid, iat, iss: first.iss };
  const header = provider.encodeBase64url(provider.encodeAscii(encodeBatchHeader(signer, batch.length)));
  const signature = await key.sign(batchSigningInput(header, root, provider));
  const shared = `${batchMark}${header}..${provider.encodeBase64url(signature)}`;
  return inclusions.map((inclusion) => `${encodeInclusion(inclusion, provider)}${shared}`);
}

/** In a later turn of the event loop where there is one, else after what is due now. */
function soon(work: () => void): void {
  const { setImmediate: later } = globalThis as { setImmediate?: (work: () => void) => unknown };
  if (later === undefined) {
    queueMicrotask(work);
  } else {
    later(work);
  }
}
