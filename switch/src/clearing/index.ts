export { ClearingError, type ClearingErrorCode } from './errors.ts';
export { createClearingEndpoints } from './handlers.ts';
export { type ClearingService, createClearingService } from './service.ts';
export { createPositionStore } from './store.ts';
