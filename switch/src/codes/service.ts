import {
  type CodeUrl,
  decodeMerchantCode,
  encodeMerchantCode,
  findSignature,
  readCodeUrl,
  recognize,
} from '@barlink/codes';
import { type CodeRequest, findCurrency, formatDecimal, type Money } from '@barlink/protocol';
import { verifyCode } from '@barlink/signing';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import { createBatchLoader, type Database } from '../database/index.ts';
import type { Participant, ParticipantRegistry } from '../participants/index.ts';
import type { CodeDocuments } from './document-service.ts';
import { MerchantCodeError } from './errors.ts';
import type { CodeKeyset } from './keyset-service.ts';
import {
  decidePresented,
  formatCodeId,
  type PresentedCode,
  placeOf,
  type RegisteredCode,
  renderCode,
  withoutCrc,
} from './merchant-code.ts';
import type { CodeStore } from './store.ts';

/** A code to register, with its values read. */
export interface CodeDraft extends Omit<CodeRequest, Read> {
  readonly amount: Money | undefined;
  readonly reference: string | undefined;
  readonly store?: string | undefined;
  readonly terminal?: string | undefined;
  readonly expiresAt: Date | undefined;
  readonly uses?: CodeRequest['uses'] | undefined;
  readonly form?: CodeRequest['form'] | undefined;
}

type Read = 'amount' | 'expiresAt' | 'reference' | 'store' | 'terminal' | 'uses' | 'form';

/** Use cases of merchant codes. */
export interface CodeService {
  /**
   * Registers a code of an acquirer's merchant. @throws {MerchantCodeError} `CODE_AMOUNT_MISSING`,
   * `CODE_EXPIRY_INVALID`, `CODE_URL_UNAVAILABLE`
   */
  create(message: WriteMessage, acquirer: Participant, draft: CodeDraft): Promise<KeptAnswer>;
  /** One of the acquirer's own codes. @throws {MerchantCodeError} `CODE_PAYLOAD_UNKNOWN` */
  get(acquirer: Participant, codeId: string): Promise<RegisteredCode>;
  /**
   * What a scanned text is, and that it may be paid.
   *
   * @throws {CodeError} what is wrong with the text (`QR_...`)
   * @throws {SigningError} what is wrong with its signature (`CODE_SIGNATURE_...`)
   * @throws {MerchantCodeError} what is wrong with the code
   */
  resolve(payload: string): Promise<PresentedCode>;
  numberOf(code: RegisteredCode): string;
}

/** Merchant codes on their table; texts found good are remembered, rows are read each time. */
export function createCodeService(options: {
  readonly database: Database;
  readonly store: CodeStore;
  readonly audit: AuditService;
  readonly registry: ParticipantRegistry;
  readonly keyset: CodeKeyset;
  readonly documents: CodeDocuments;
  /** Where URL codes point to, without the code id; undefined when there are to be none. */
  readonly codeUrl: string | undefined;
  readonly now: () => Date;
  readonly random32: () => number;
}): CodeService {
  const { database, store, audit, registry, keyset, documents, codeUrl, now, random32 } = options;
  const findCode = rememberCodes(
    createBatchLoader<string, RegisteredCode>({
      load: (ids) => store.findCodes(database, ids),
      batchMax: 500,
    }),
  );
  const readPayload = rememberRead(keyset, now);
  const numberOf = (code: RegisteredCode) => registry.find(code.acquirerId)?.number ?? '';

  return {
    numberOf,
    async create(message, acquirer, draft) {
      const codeId = formatCodeId(now().getTime(), random32());
      const code = toCode(draft, { acquirer, codeId, codeUrl, now: now() });
      return audit.once(message, code.codeId, async (connection) => {
        await store.insertCode(connection, code);
        return { status: 201, body: JSON.stringify(renderCode(code, acquirer.number)) };
      });
    },
    async get(acquirer, codeId) {
      const code = await findCode(codeId);
      if (code === undefined || code.acquirerId !== acquirer.id) {
        throw new MerchantCodeError('CODE_PAYLOAD_UNKNOWN');
      }
      return code;
    },
    async resolve(payload) {
      const url = readCodeUrl(payload);
      const { codeId, body, trust } = url === undefined ? await readPayload(payload) : fromUrl(url, payload);
      const code = await findCode(codeId);
      const verdict = decidePresented(code, body, now());
      if (verdict !== 'payable' || code === undefined) {
        throw new MerchantCodeError(verdict === 'payable' ? 'CODE_PAYLOAD_UNKNOWN' : verdict, {
          path: '/payload',
        });
      }
      if (code.form === 'url') {
        await documents.assertSigned(code);
      }
      return { code, trust };
    },
  };
}

/** Codes, and texts with their verified signatures, that we keep: a printed code is scanned many times. */
const rememberedMax = 10_000;

/** A registered code never changes, so one that was read is not read again. */
function rememberCodes(
  find: (codeId: string) => Promise<RegisteredCode | undefined>,
): (codeId: string) => Promise<RegisteredCode | undefined> {
  const remembered = new Map<string, RegisteredCode>();
  return async (codeId) => {
    const known = remembered.get(codeId);
    if (known !== undefined) {
      return known;
    }
    const found = await find(codeId);
    if (found !== undefined) {
      if (remembered.size >= rememberedMax) {
        remembered.clear();
      }
      remembered.set(codeId, found);
    }
    return found;
  };
}

/** Nothing of a URL code is in its text; its trust is that of its document. */
function fromUrl({ codeId }: CodeUrl, payload: string): ReadPayload {
  return { codeId, body: payload, trust: 'verified' };
}

interface ReadPayload {
  readonly codeId: string;
  readonly body: string;
  readonly trust: PresentedCode['trust'];
}

/** Reads and verifies a text; a text found good is remembered until a key changes. */
function rememberRead(keyset: CodeKeyset, now: () => Date): (payload: string) => Promise<ReadPayload> {
  let remembered = new Map<string, ReadPayload>();
  let rememberedTag = '';
  return async (payload) => {
    const current = await keyset.current();
    if (current.tag !== rememberedTag || remembered.size >= rememberedMax) {
      remembered = new Map();
      rememberedTag = current.tag;
    }
    const known = remembered.get(payload);
    if (known !== undefined) {
      return known;
    }
    assertUnified(payload);
    const { codeId } = decodeMerchantCode(payload);
    const { status } = await verifyCode(payload, { keyset: current.keyset, now: now() });
    const body = findSignature(payload)?.signedText ?? withoutCrc(payload);
    const read: ReadPayload = { codeId, body, trust: status };
    remembered.set(payload, read);
    return read;
  };
}

function assertUnified(payload: string): void {
  const recognized = recognize(payload);
  // A damaged unified code may look like any EMVCo payload; reading it tells what is wrong with it.
  if (recognized !== undefined && recognized.scheme !== 'barlink' && recognized.scheme !== 'emv-mpm') {
    throw new MerchantCodeError('CODE_SCHEME_FOREIGN', { path: '/payload' });
  }
}

function toCode(
  draft: CodeDraft,
  made: {
    readonly acquirer: Participant;
    readonly codeId: RegisteredCode['codeId'];
    readonly codeUrl: string | undefined;
    readonly now: Date;
  },
): RegisteredCode {
  const { merchant, mode, currency, amount, reference, expiresAt, form = 'emv' } = draft;
  const { uses = mode === 'dynamic' ? 'single' : 'many' } = draft;
  if (mode === 'dynamic' && amount === undefined) {
    throw new MerchantCodeError('CODE_AMOUNT_MISSING', { path: '/amount' });
  }
  if ((mode === 'dynamic' && expiresAt === undefined) || (expiresAt !== undefined && expiresAt <= made.now)) {
    throw new MerchantCodeError('CODE_EXPIRY_INVALID', { path: '/expiresAt' });
  }
  if (form === 'url' && made.codeUrl === undefined) {
    throw new MerchantCodeError('CODE_URL_UNAVAILABLE', { path: '/form' });
  }
  const text = encodeMerchantCode({
    acquirer: made.acquirer.number,
    merchantId: merchant.id,
    codeId: made.codeId,
    name: merchant.name,
    city: merchant.city,
    category: merchant.category,
    country: merchant.country,
    currency: findCurrency(currency)?.numeric ?? '',
    mode,
    ...(amount === undefined ? {} : { amount: formatDecimal(amount) }),
    ...(reference === undefined ? {} : { reference }),
    ...placeOf(draft),
  });
  const { codeId, codeUrl, now: createdAt } = made;
  const payload = form === 'url' ? `${codeUrl}${codeId}` : text;
  return {
    codeId,
    acquirerId: made.acquirer.id,
    merchant,
    mode,
    currency,
    amount,
    reference,
    ...placeOf(draft),
    expiresAt,
    uses,
    form,
    payload,
    createdAt,
  };
}
