import { createRecent } from '@barlink/protocol';
import type { CryptoProvider, Verifier } from './crypto-provider.ts';

/** Signatures a key remembers at least: the batches of about half a second at full speed. */
const rememberedLeast = 256;

/**
 * A verifier that does not do the same work twice: what it found true it still knows, and who asks while it
 * is at work waits for the same result.
 *
 * What is false is forgotten at once, so that nobody without the key can push out what is true. Whether the
 * key still counts is not asked here: that is checked for each message.
 */
export function rememberTrue(verify: Verifier, provider: CryptoProvider): Verifier {
  const known = createRecent<string, true>(rememberedLeast);
  const atWork = new Map<string, Promise<boolean>>();

  async function find(name: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const isTrue = await verify(bytes, signature);
    if (isTrue) {
      known.set(name, true);
    }
    return isTrue;
  }

  return (bytes, signature) => {
    // By hash: whoever finds two inputs with one hash can forge the tree above as well.
    const name = nameOf(bytes, signature, provider);
    if (known.get(name)) {
      return Promise.resolve(true);
    }
    const waiting = atWork.get(name);
    if (waiting !== undefined) {
      return waiting;
    }
    const found = find(name, bytes, signature).finally(() => atWork.delete(name));
    atWork.set(name, found);
    return found;
  };
}

function nameOf(bytes: Uint8Array, signature: Uint8Array, provider: CryptoProvider): string {
  return `${provider.encodeBase64url(provider.sha256(bytes))}.${provider.encodeBase64url(signature)}`;
}
