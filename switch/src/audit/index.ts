export { AuditError, type AuditErrorCode } from './errors.ts';
export {
  compareWithKept,
  idempotencyKeyAgeMaxMs,
  idempotencyKeyAheadMaxMs,
  type KeptAnswer,
  type KeptMessage,
  type SignedMessage,
  type WriteMessage,
} from './message.ts';
export { type AuditService, createAuditService } from './service.ts';
export { type AuditStore, createAuditStore, type Evidence, type MessageEntry } from './store.ts';
