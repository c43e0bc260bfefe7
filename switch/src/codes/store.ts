import type { CodeId, ParticipantId, WireMerchant } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import { placeOf, type RegisteredCode } from './merchant-code.ts';

/** SQL of the tables `merchant_codes` and `merchant_code_claims`. */
export interface CodeStore {
  insertCode(connection: Queryable, code: RegisteredCode): Promise<void>;
  findCodes(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, RegisteredCode>>;
  /** Takes dynamic codes for payments; answers for each whether it was free. */
  claim(connection: Queryable, claims: readonly CodeClaim[]): Promise<readonly boolean[]>;
  /** Frees the codes of payments that ended without capture. */
  release(connection: Queryable, paymentIds: readonly string[]): Promise<void>;
}

/** A dynamic code and the payment that takes it. */
export interface CodeClaim {
  readonly codeId: CodeId;
  readonly paymentId: string;
}

/** The store; it holds no state of its own. */
export function createCodeStore(): CodeStore {
  return { insertCode, findCodes, claim, release };
}

/** The column `merchant`: whom the code is for, and where it hangs. */
type StoredMerchant = WireMerchant & Pick<RegisteredCode, 'store' | 'terminal'>;

async function insertCode(connection: Queryable, code: RegisteredCode): Promise<void> {
  await connection.query({
    text: `insert into merchant_codes (code_id, acquirer_id, merchant, mode, currency, amount_minor,
        reference, expires_at, payload, created_at, uses, form)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      code.codeId,
      code.acquirerId,
      { ...code.merchant, ...placeOf(code) } satisfies StoredMerchant,
      code.mode,
      code.currency,
      code.amount?.minor ?? null,
      code.reference ?? null,
      code.expiresAt ?? null,
      code.payload,
      code.createdAt,
      code.uses,
      code.form,
    ],
  });
}

async function findCodes(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RegisteredCode>> {
  const { rows } = await database.query<{
    code_id: CodeId;
    acquirer_id: ParticipantId;
    merchant: StoredMerchant;
    mode: RegisteredCode['mode'];
    currency: string;
    amount_minor: string | null;
    reference: string | null;
    expires_at: Date | null;
    payload: string;
    created_at: Date;
    uses: RegisteredCode['uses'] | null;
    form: RegisteredCode['form'] | null;
  }>({
    name: 'codes-find',
    text: `select code_id, acquirer_id, merchant, mode, currency, amount_minor, reference, expires_at,
      payload, created_at, uses, form
      from merchant_codes where code_id = any($1)`,
    values: [ids],
  });
  return new Map(
    rows.map(({ merchant: { store, terminal, ...merchant }, ...row }) => [
      row.code_id,
      {
        codeId: row.code_id,
        acquirerId: row.acquirer_id,
        merchant,
        ...placeOf({ store, terminal }),
        mode: row.mode,
        currency: row.currency,
        amount:
          row.amount_minor === null ? undefined : { currency: row.currency, minor: BigInt(row.amount_minor) },
        reference: row.reference ?? undefined,
        expiresAt: row.expires_at ?? undefined,
        payload: row.payload,
        createdAt: row.created_at,
        uses: row.uses ?? (row.mode === 'dynamic' ? 'single' : 'many'),
        form: row.form ?? 'emv',
      },
    ]),
  );
}

async function claim(connection: Queryable, claims: readonly CodeClaim[]): Promise<readonly boolean[]> {
  const { rows } = await connection.query<{ payment_id: string }>({
    name: 'codes-claim',
    text: `insert into merchant_code_claims (code_id, payment_id)
      select * from unnest($1::text[], $2::uuid[]) as claim (code_id, payment_id) order by code_id
      on conflict do nothing returning payment_id`,
    values: [claims.map(({ codeId }) => codeId), claims.map(({ paymentId }) => paymentId)],
  });
  const taken = new Set(rows.map((row) => row.payment_id));
  return claims.map(({ paymentId }) => taken.has(paymentId));
}

async function release(connection: Queryable, paymentIds: readonly string[]): Promise<void> {
  await connection.query({
    name: 'codes-release',
    text: 'delete from merchant_code_claims where payment_id = any($1)',
    values: [paymentIds],
  });
}
