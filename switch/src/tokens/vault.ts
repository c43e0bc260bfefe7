import { createHmac, hkdfSync } from 'node:crypto';
import { formatUuid7, type ParticipantId, type TokenId, uuid7TimeMs } from '@barlink/protocol';
import type { WriteMessage } from '../audit/index.ts';
import { type SealAlgorithm, seal, unseal } from './seal.ts';
import type { VaultKeys } from './vault-key.ts';

/** An account as it lies in a token's row. */
export interface SealedAccount {
  readonly keyId: string;
  readonly algorithm: SealAlgorithm;
  readonly sealed: Uint8Array;
}

/** The row an account belongs to: sealed for it, it opens in no other. */
export interface AccountOwner {
  readonly tokenId: string;
  readonly issuer: string;
}

/** A device of a token: a lost one is followed by one of the next generation. */
export interface DeviceOwner {
  readonly tokenId: string;
  readonly deviceKeyId: string;
  readonly generation: number;
}

/** What the vault's keys do. All of it is synchronous and takes microseconds. */
export interface Vault {
  sealAccount(account: string, owner: AccountOwner): SealedAccount;
  /** @throws {Error} when the row was changed, or the account belongs to another row */
  openAccount(account: SealedAccount, owner: AccountOwner): string;
  /** 29 characters, the same for an account always, leading nowhere without the index key. */
  markAccount(account: string, issuer: ParticipantId): string;
  /** The id of the token a request creates: the same for the same sender and idempotency key. */
  makeTokenId(message: WriteMessage): TokenId;
  /** The key a new token's device key comes from. */
  readonly deviceKeyId: string;
  /** The 32 bytes a payer's device makes its codes with. */
  deriveDeviceKey(device: DeviceOwner): Uint8Array;
  /** The 16 digits of a payer code made for a request; the same ones for the same request. */
  makeCodeDigits(message: WriteMessage): string;
  /** What is kept of a code: nothing leads back from it. */
  digestCode(digits: string): Uint8Array;
  /**
   * A request as it may be kept: body and signature sealed, the fingerprint keyed. A clear signature or
   * fingerprint would let anyone who has the tables try account numbers until one fits.
   */
  sealMessage(message: WriteMessage): WriteMessage;
  /** What `sealMessage` sealed. @throws {Error} when it was changed */
  openMessage(kept: Pick<WriteMessage, 'sender' | 'idempotencyKey' | 'body'>): {
    signature: string;
    body: Buffer;
  };
}

/** Longest account in bytes; shorter ones are filled up, so that sealed ones all look alike. */
export const accountBytesMax = 34;

/** The vault over its keys; chance comes in as `randomBytes`. */
export function createVault(options: {
  readonly keyring: VaultKeys;
  readonly randomBytes: (length: number) => Uint8Array;
  /** How new rows are sealed; those of the other profile are opened all the same. */
  readonly algorithm?: SealAlgorithm;
}): Vault {
  const { keyring, randomBytes, algorithm = 'A256GCM' } = options;
  const indexed = (label: string, parts: readonly (string | Uint8Array)[]): Buffer => {
    const { bytes } = keyring.current('index');
    const hmac = createHmac('sha256', bytes).update(`${label}\0`);
    for (const part of parts) {
      hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    }
    return hmac.digest();
  };
  return {
    sealAccount(account, owner) {
      const { id: keyId, bytes: key } = keyring.current('account');
      const sealed = seal(fillUp(account), {
        key,
        algorithm,
        context: accountContext(owner, { keyId, algorithm }),
        randomBytes,
      });
      return { keyId, algorithm, sealed };
    },
    openAccount({ keyId, algorithm: sealedWith, sealed }, owner) {
      const plain = unseal(sealed, {
        key: keyring.get(keyId).bytes,
        algorithm: sealedWith,
        context: accountContext(owner, { keyId, algorithm: sealedWith }),
      });
      return plain.toString('utf8', 1, 1 + plain.readUInt8(0));
    },
    markAccount: (account, issuer) => encodeMarking(indexed('account marking', [issuer, account])),
    makeTokenId({ sender, idempotencyKey }) {
      const chance = indexed('token id', [sender, idempotencyKey]);
      return formatUuid7(uuid7TimeMs(idempotencyKey), chance) as TokenId;
    },
    get deviceKeyId() {
      return keyring.current('device').id;
    },
    deriveDeviceKey({ tokenId, deviceKeyId, generation }) {
      const { bytes } = keyring.get(deviceKeyId);
      const salt = generation === 0 ? tokenId : `${tokenId} ${generation}`;
      return new Uint8Array(hkdfSync('sha256', bytes, salt, 'barlink device key', 32));
    },
    makeCodeDigits({ sender, idempotencyKey }) {
      const chance = indexed('payer code', [sender, idempotencyKey]);
      // 128 bits over 10^16: no number is likelier than another by anything that counts.
      return (BigInt(`0x${chance.toString('hex', 0, 16)}`) % 10n ** 16n).toString().padStart(16, '0');
    },
    digestCode: (digits) => indexed('payer code digest', [digits]),
    sealMessage(message) {
      const { id: keyId, bytes: key } = keyring.current('message');
      const context = messageContext(message, keyId);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.signature.length);
      const plain = Buffer.concat([length, Buffer.from(message.signature, 'latin1'), message.body]);
      const text = seal(plain, { key, algorithm, context, randomBytes }).toString('base64url');
      return {
        ...message,
        signature: sealedMark,
        fingerprint: indexed('request fingerprint', [message.fingerprint]),
        body: Buffer.from(JSON.stringify({ sealed: algorithm, keyId, text })),
      };
    },
    openMessage(kept) {
      const { sealed, keyId, text } = JSON.parse(Buffer.from(kept.body).toString('utf8')) as {
        sealed: SealAlgorithm;
        keyId: string;
        text: string;
      };
      const context = messageContext(kept, keyId);
      const plain = unseal(Buffer.from(text, 'base64url'), {
        key: keyring.get(keyId).bytes,
        algorithm: sealed,
        context,
      });
      const bodyAt = 2 + plain.readUInt16BE(0);
      return { signature: plain.toString('latin1', 2, bodyAt), body: plain.subarray(bodyAt) };
    },
  };
}

/** Stands in the place of a signature that is sealed with its body. */
export const sealedMark = 'sealed';

function fillUp(account: string): Buffer {
  const text = Buffer.from(account, 'utf8');
  if (text.length > accountBytesMax) {
    throw new Error('an account is longer than its schema allows');
  }
  const filled = Buffer.alloc(1 + accountBytesMax);
  filled.writeUInt8(text.length);
  text.copy(filled, 1);
  return filled;
}

function accountContext(
  { tokenId, issuer }: AccountOwner,
  { keyId, algorithm }: Pick<SealedAccount, 'keyId' | 'algorithm'>,
): readonly string[] {
  const context = ['account', keyId, tokenId, issuer];
  // Rows of before there were two are bound to no algorithm.
  return algorithm === 'A256GCM' ? context : [...context, algorithm];
}

const messageContext = (
  { sender, idempotencyKey }: Pick<WriteMessage, 'sender' | 'idempotencyKey'>,
  keyId: string,
) => ['message', keyId, sender, idempotencyKey];

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The first 145 bits in Crockford base32: 29 characters, as long as an EMVCo payment account reference. */
function encodeMarking(digest: Buffer): string {
  let value = BigInt(`0x${digest.toString('hex', 0, 19)}`) >> 7n;
  let text = '';
  for (let position = 0; position < 29; position += 1) {
    text = crockford.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}
