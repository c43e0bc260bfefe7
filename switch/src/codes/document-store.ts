import type { Queryable } from '../database/index.ts';

/** What is served at the URL of a code, and whether a payment has the code. */
export interface StoredDocument {
  readonly codeId: string;
  readonly document: string;
  readonly expiresAt: Date;
  readonly isTaken: boolean;
}

/** SQL of the table `merchant_code_documents`. */
export interface CodeDocumentStore {
  /** The first document of a code stays. */
  insertDocument(connection: Queryable, entry: DocumentEntry): Promise<void>;
  findDocuments(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
}

/** A document to store. */
export interface DocumentEntry {
  readonly codeId: string;
  readonly document: string;
  readonly kid: string;
  readonly createdAt: Date;
}

/** The store; it holds no state of its own. */
export function createCodeDocumentStore(): CodeDocumentStore {
  return { insertDocument, findDocuments };
}

async function insertDocument(connection: Queryable, entry: DocumentEntry): Promise<void> {
  await connection.query({
    text: `insert into merchant_code_documents (code_id, document, kid, created_at)
      values ($1, $2, $3, $4) on conflict do nothing`,
    values: [entry.codeId, entry.document, entry.kid, entry.createdAt],
  });
}

async function findDocuments(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredDocument>> {
  const { rows } = await database.query<{
    code_id: string;
    document: string;
    expires_at: Date;
    is_taken: boolean;
  }>({
    name: 'code-documents-find',
    text: `select code_id, document, code.expires_at, claim.payment_id is not null as is_taken
      from merchant_code_documents
      join merchant_codes code using (code_id)
      left join merchant_code_claims claim using (code_id)
      where code_id = any($1)`,
    values: [ids],
  });
  return new Map(
    rows.map((row) => [
      row.code_id,
      { codeId: row.code_id, document: row.document, expiresAt: row.expires_at, isTaken: row.is_taken },
    ]),
  );
}
