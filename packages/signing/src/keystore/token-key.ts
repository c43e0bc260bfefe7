import { createHash } from 'node:crypto';
import type { PublicJwk } from '../jwk.ts';
import { createKeyFactory, type SigningKey } from '../keys.ts';
import { nodeProvider } from '../node-provider.ts';
import { KeystoreError } from './keystore-error.ts';
import { failureOf, type Handle, loadTokenLibrary, pkcs11, type TokenLibrary } from './token-library.ts';

/** Which key of which token. */
export interface TokenKeyOptions {
  /** The token's PKCS #11 library, for example `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly library: string;
  /** Label of the token. */
  readonly token: string;
  /** Label of the key pair. */
  readonly key: string;
  readonly pin: string;
  /** How many signatures the token makes at once; 4 when absent. */
  readonly sessions?: number;
}

/** A signing key that lies in a token. */
export interface TokenKey extends SigningKey {
  /** Waits for signatures under way and closes the sessions. */
  close(): Promise<void>;
}

/**
 * An ES256 key in a PKCS #11 token (HSM, smart card, SoftHSM): signatures are made there and the private key
 * never leaves it. Needs the npm package `pkcs11js`.
 *
 * @throws {KeystoreError} `KEY_TOKEN_UNAVAILABLE`, `KEY_TOKEN_UNKNOWN`, `KEY_TOKEN_PIN_WRONG`,
 *   `KEY_TOKEN_KEY_UNKNOWN`, `KEY_TOKEN_FAILED`
 */
export async function openTokenKey(options: TokenKeyOptions): Promise<TokenKey> {
  const library = await loadTokenLibrary(options.library);
  const slot = findSlot(library, options.token);
  const sessions = createSessions({ library, slot, pin: options.pin, count: options.sessions ?? 4 });
  try {
    const publicJwk = await sessions.use(async (session) => readPublicKey(library, session, options.key));
    const objectClass = pkcs11.objectClass.privateKey;
    const objects = new WeakMap<Handle, Handle>();
    const objectIn = (session: Handle) => {
      const object =
        objects.get(session) ?? findObject(library, session, { objectClass, label: options.key });
      objects.set(session, object);
      return object;
    };
    const key = await createKeyFactory(nodeProvider).adoptSigningKey(publicJwk, (bytes) =>
      sessions.use(async (session) => {
        library.C_SignInit(session, { mechanism: pkcs11.mechanismEcdsa }, objectIn(session));
        const digest = createHash('sha256').update(bytes).digest();
        return library.C_SignAsync(session, digest, Buffer.alloc(64));
      }),
    );
    return { ...key, close: sessions.close };
  } catch (cause) {
    await sessions.close();
    throw toKeystoreError(cause, options.key);
  }
}

function findSlot(library: TokenLibrary, token: string): Handle {
  const slot = library
    .C_GetSlotList(true)
    .find((each) => library.C_GetTokenInfo(each).label.replaceAll('\0', '').trim() === token);
  if (slot === undefined) {
    throw new KeystoreError('KEY_TOKEN_UNKNOWN', { path: token });
  }
  return slot;
}

interface Sessions {
  /** A session makes one signature at a time; who finds none free waits. */
  use<T>(work: (session: Handle) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function createSessions(options: {
  readonly library: TokenLibrary;
  readonly slot: Handle;
  readonly pin: string;
  readonly count: number;
}): Sessions {
  const { library, count } = options;
  const free: Handle[] = [];
  const waiting: ((session: Handle | undefined) => void)[] = [];
  let open = 0;
  let whenIdle: (() => void) | undefined;

  async function take(): Promise<Handle> {
    const session = free.pop() ?? (open < count ? undefined : await new Promise<Handle | undefined>(join));
    if (session !== undefined) {
      return session;
    }
    open += 1;
    try {
      return openSession(options);
    } catch (cause) {
      open -= 1;
      waiting.shift()?.(undefined);
      throw cause;
    }
  }

  function join(resolve: (session: Handle | undefined) => void): void {
    waiting.push(resolve);
  }

  /** What failed may be broken: a session that did is not used again, and whoever waits opens another. */
  function giveBack(session: Handle, state: 'sound' | 'failed'): void {
    if (state === 'failed') {
      close(library, session);
      open -= 1;
      waiting.shift()?.(undefined);
    } else {
      const next = waiting.shift();
      if (next === undefined) {
        free.push(session);
      } else {
        next(session);
      }
    }
    if (free.length === open) {
      whenIdle?.();
    }
  }

  return {
    async use(work) {
      const session = await take();
      try {
        const result = await work(session);
        giveBack(session, 'sound');
        return result;
      } catch (cause) {
        giveBack(session, 'failed');
        throw toKeystoreError(cause);
      }
    },
    async close() {
      if (free.length < open) {
        await new Promise<void>((resolve) => {
          whenIdle = resolve;
        });
      }
      for (const session of free.splice(0)) {
        close(library, session);
        open -= 1;
      }
    },
  };
}

function openSession({ library, slot, pin }: { library: TokenLibrary; slot: Handle; pin: string }): Handle {
  const session = library.C_OpenSession(slot, pkcs11.sessionFlags);
  try {
    library.C_Login(session, pkcs11.user, pin);
  } catch (cause) {
    // A process is logged in to a token once, with all its sessions.
    if (failureOf(cause) !== pkcs11.failure.loggedIn) {
      close(library, session);
      throw toKeystoreError(cause);
    }
  }
  return session;
}

function close(library: TokenLibrary, session: Handle): void {
  try {
    library.C_CloseSession(session);
  } catch {
    // The token may be gone, and its sessions with it.
  }
}

function findObject(
  library: TokenLibrary,
  session: Handle,
  wanted: { objectClass: number; label: string },
): Handle {
  const { attribute } = pkcs11;
  library.C_FindObjectsInit(session, [
    { type: attribute.class, value: wanted.objectClass },
    { type: attribute.keyType, value: pkcs11.keyTypeEc },
    { type: attribute.label, value: wanted.label },
  ]);
  const found = library.C_FindObjects(session, 2);
  library.C_FindObjectsFinal(session);
  const [object] = found;
  if (object === undefined || found.length > 1) {
    throw new KeystoreError('KEY_TOKEN_KEY_UNKNOWN', { path: wanted.label });
  }
  return object;
}

const p256 = Buffer.from('06082a8648ce3d030107', 'hex');

/** The public half, from the token's public key object: the private one need not show its point. */
function readPublicKey(library: TokenLibrary, session: Handle, label: string): PublicJwk {
  const object = findObject(library, session, { objectClass: pkcs11.objectClass.publicKey, label });
  const [parameters, point] = library
    .C_GetAttributeValue(session, object, [
      { type: pkcs11.attribute.parameters },
      { type: pkcs11.attribute.point },
    ])
    .map(({ value }) => value);
  // DER OCTET STRING of an uncompressed point: 04 41 04 x y.
  if (parameters?.equals(p256) !== true || point?.length !== 67 || point[2] !== 4) {
    throw new KeystoreError('KEY_TOKEN_KEY_UNKNOWN', { path: label });
  }
  const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x: coordinate(3), y: coordinate(35) };
}

function toKeystoreError(cause: unknown, path?: string): KeystoreError {
  if (cause instanceof KeystoreError) {
    return cause;
  }
  const { pinIncorrect, pinInvalid, pinLocked } = pkcs11.failure;
  const isPin = [pinIncorrect, pinInvalid, pinLocked].some((failure) => failure === failureOf(cause));
  const at = path === undefined ? {} : { path };
  return new KeystoreError(isPin ? 'KEY_TOKEN_PIN_WRONG' : 'KEY_TOKEN_FAILED', { ...at, cause });
}
