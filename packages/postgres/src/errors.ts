/** The codes a {@link PostgresError} carries. Callers branch on them, never on the text. */
export type PostgresErrorCode =
  | 'POSTGRES_NOT_FOUND'
  | 'POSTGRES_URL_UNREACHABLE'
  | 'POSTGRES_USER_UNAVAILABLE'
  | 'POSTGRES_FOLDER_UNUSABLE'
  | 'POSTGRES_DATA_FOREIGN'
  | 'POSTGRES_DATA_VERSION_MISMATCH'
  | 'POSTGRES_PASSWORD_MISMATCH'
  | 'POSTGRES_DURABILITY_MISMATCH'
  | 'POSTGRES_PORT_TAKEN'
  | 'POSTGRES_INIT_FAILED'
  | 'POSTGRES_START_FAILED'
  | 'POSTGRES_STOP_FAILED'
  | 'MIGRATION_NAME_INVALID'
  | 'MIGRATION_ORDER_INVALID'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_FAILED';

/** What this package throws when a database cannot be found, started, stopped or migrated. */
export class PostgresError extends Error {
  /** Stable name of what went wrong. */
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'PostgresError';
    this.code = code;
  }
}

/** The `code` of a system or database error (ENOENT, 57P03, ...); undefined when it has none. */
export function findErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
