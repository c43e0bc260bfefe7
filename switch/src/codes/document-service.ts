import { SigningError, type VerifiedCodeDocument, verifyCodeDocument } from '@barlink/signing';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import { createBatchLoader, type Database } from '../database/index.ts';
import type { Participant } from '../participants/index.ts';
import type { CodeDocumentStore, StoredDocument } from './document-store.ts';
import { MerchantCodeError } from './errors.ts';
import type { CodeKeyset } from './keyset-service.ts';
import { findDifference, type RegisteredCode, renderCode } from './merchant-code.ts';

/** The signed documents of codes behind a URL (spec/codes.md 3.3). */
export interface CodeDocuments {
  /**
   * Stores the document of a code. The first one stays; another that says the same changes nothing.
   *
   * @throws {SigningError} what is wrong with its signature (`CODE_SIGNATURE_...`)
   * @throws {MerchantCodeError} `CODE_DOCUMENT_MISMATCH`, `CODE_TIME_EXPIRED`
   */
  put(message: WriteMessage, acquirer: Participant, wish: DocumentWish): Promise<KeptAnswer>;
  /**
   * What anybody gets at the URL.
   *
   * @throws {MerchantCodeError} `CODE_PAYLOAD_UNKNOWN`, `CODE_DOCUMENT_USED`, `CODE_DOCUMENT_EXPIRED`
   */
  serve(codeId: string): Promise<StoredDocument>;
  /**
   * That the document of a scanned URL is there and its signature counts now.
   *
   * @throws {SigningError} `CODE_SIGNATURE_...`
   * @throws {MerchantCodeError} `CODE_PAYLOAD_UNKNOWN`, `CODE_TIME_EXPIRED`
   */
  assertSigned(code: RegisteredCode): Promise<void>;
}

/** A document for a code of the sender's. */
export interface DocumentWish {
  readonly code: RegisteredCode;
  readonly document: string;
}

/** Documents on their table; each is verified when it comes and whenever its code is presented. */
export function createCodeDocuments(options: {
  readonly database: Database;
  readonly store: CodeDocumentStore;
  readonly audit: AuditService;
  readonly keyset: CodeKeyset;
  readonly now: () => Date;
}): CodeDocuments {
  const { database, store, audit, keyset, now } = options;
  const find = createBatchLoader<string, StoredDocument>({
    load: (ids) => store.findDocuments(database, ids),
    batchMax: 500,
  });
  const verify = async (code: RegisteredCode, text: { document: string; path: string }) => {
    const known = { url: code.payload, keyset: (await keyset.current()).keyset, now: now() };
    return verifyCodeDocument(text.document, known).catch((error: unknown) => {
      throw asRefusal(error, text.path);
    });
  };

  return {
    async put(message, acquirer, { code, document }) {
      const verified = await verify(code, { document, path: '/document' });
      assertSame(code, verified, acquirer.number);
      return audit.once(message, code.codeId, async (connection) => {
        const entry = { codeId: code.codeId, document, kid: verified.kid, createdAt: now() };
        await store.insertDocument(connection, entry);
        return { status: 200, body: JSON.stringify(renderCode(code, acquirer.number)) };
      });
    },
    async serve(codeId) {
      const stored = await find(codeId);
      if (stored === undefined) {
        throw new MerchantCodeError('CODE_PAYLOAD_UNKNOWN');
      }
      if (stored.isTaken) {
        throw new MerchantCodeError('CODE_DOCUMENT_USED');
      }
      if (stored.expiresAt <= now()) {
        throw new MerchantCodeError('CODE_DOCUMENT_EXPIRED');
      }
      return stored;
    },
    async assertSigned(code) {
      const stored = await find(code.codeId);
      if (stored === undefined) {
        throw new MerchantCodeError('CODE_PAYLOAD_UNKNOWN', { path: '/payload' });
      }
      await verify(code, { document: stored.document, path: '/payload' });
    },
  };
}

function assertSame(code: RegisteredCode, verified: VerifiedCodeDocument, number: string): void {
  const difference = findDifference(code, verified, number);
  if (difference !== undefined) {
    throw new MerchantCodeError('CODE_DOCUMENT_MISMATCH', { path: `/document#${difference}` });
  }
}

/** What is wrong with a document is not wrong with the message that carries it. */
function asRefusal(error: unknown, path: string): unknown {
  if (!(error instanceof SigningError)) {
    return error;
  }
  switch (error.code) {
    case 'SIGNATURE_TARGET_MISMATCH':
      return new MerchantCodeError('CODE_DOCUMENT_MISMATCH', { path: `${path}#url` });
    case 'SIGNATURE_ALGORITHM_NOT_ALLOWED':
      return new SigningError('CODE_SIGNATURE_KEY_UNKNOWN', error.message, { path, cause: error });
    case 'CODE_TIME_EXPIRED':
      return new MerchantCodeError('CODE_TIME_EXPIRED', { path });
    default:
      return new SigningError(error.code, error.message, { path, cause: error });
  }
}
