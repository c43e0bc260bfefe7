export { RiskError, type RiskErrorCode } from './errors.ts';
export { createOutflowGuard, type OutflowGuard } from './guard-service.ts';
export { createRiskEndpoints } from './handlers.ts';
export { createOutflowService } from './service.ts';
export { createOutflowStore } from './store.ts';
