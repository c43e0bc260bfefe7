export { AuditError, type AuditErrorCode } from './errors.ts';
export { createLogEndpoints, type LogEndpointParts } from './handlers.ts';
export type { LogErrorCode } from './log-errors.ts';
export { createLogService, type LogService } from './log-service.ts';
export { createLogStore, type LogStore } from './log-store.ts';
export {
  compareWithKept,
  idempotencyKeyAgeMaxMs,
  idempotencyKeyAheadMaxMs,
  type KeptAnswer,
  type KeptMessage,
  type SignedMessage,
  type WriteMessage,
} from './message.ts';
export { createOpeningStore } from './opening-store.ts';
export { createSequencer, type Sequencer } from './sequencer-service.ts';
export { type AuditService, createAuditService } from './service.ts';
export {
  type AuditStore,
  createAuditStore,
  type Evidence,
  type KeptEvidence,
  type MessageEntry,
} from './store.ts';
