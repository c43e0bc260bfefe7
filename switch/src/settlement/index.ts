export { createAdvancer } from './advance-service.ts';
export { SettlementError, type SettlementErrorCode } from './errors.ts';
export { createSettlementEndpoints } from './handlers.ts';
export { createInquirer } from './inquiry-service.ts';
export { createSettlementService, type SettlementService } from './service.ts';
export { findSettlementAgent } from './settlement.ts';
export { createSettlementStore, type SettlementStore } from './store.ts';
