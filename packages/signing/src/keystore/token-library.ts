import { KeystoreError } from './keystore-error.ts';

/** A session, slot or object of a token. */
export type Handle = Buffer;

interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

/** The part of the npm package `pkcs11js` that we use; it is optional, so its own types may be missing. */
export interface TokenLibrary {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_GetSlotList(...present: readonly unknown[]): readonly Handle[];
  C_GetTokenInfo(slot: Handle): { readonly label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, max: number): readonly Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly Attribute[],
  ): readonly { readonly value: Buffer }[];
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void;
  C_SignAsync(session: Handle, data: Buffer, room: Buffer): Promise<Buffer>;
}

/** Names and numbers of PKCS #11 2.40. */
export const pkcs11 = {
  sessionFlags: 0x4,
  lockingFlags: 0x2,
  user: 1,
  attribute: { class: 0x0, label: 0x3, keyType: 0x100, sign: 0x108, parameters: 0x180, point: 0x181 },
  objectClass: { publicKey: 2, privateKey: 3 },
  keyTypeEc: 3,
  mechanismEcdsa: 0x1041,
  failure: { pinIncorrect: 0xa0, pinInvalid: 0xa1, pinLocked: 0xa4, loggedIn: 0x100, initialized: 0x191 },
} as const;

/** The number of a failure of the library; 0 when it is none. */
export function failureOf(cause: unknown): number {
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'number' ? code : 0;
}

const loaded = new Map<string, Promise<TokenLibrary>>();

/**
 * Loads a PKCS #11 library, once per process.
 *
 * @throws {KeystoreError} `KEY_TOKEN_UNAVAILABLE`
 */
export function loadTokenLibrary(path: string): Promise<TokenLibrary> {
  const known = loaded.get(path) ?? load(path);
  loaded.set(path, known);
  known.catch(() => loaded.delete(path));
  return known;
}

/** Not a literal: the compiler and bundlers need not find it. */
const bindingName: string = 'pkcs11js';

async function load(path: string): Promise<TokenLibrary> {
  try {
    const binding = (await import(bindingName)) as { default: { PKCS11: new () => TokenLibrary } };
    const library = new binding.default.PKCS11();
    library.load(path);
    initialize(library);
    return library;
  } catch (cause) {
    throw new KeystoreError('KEY_TOKEN_UNAVAILABLE', { path, cause });
  }
}

function initialize(library: TokenLibrary): void {
  try {
    library.C_Initialize({ flags: pkcs11.lockingFlags });
  } catch (cause) {
    if (failureOf(cause) !== pkcs11.failure.initialized) {
      throw cause;
    }
  }
}
