export { PaymentError, type PaymentErrorCode } from './errors.ts';
export { createPaymentEndpoints } from './handlers.ts';
export { createIssuerLeg } from './issuer-service.ts';
export { type JournalItem, type JournalResult, writeBatch } from './journal-service.ts';
export { createPaymentLookup } from './lookup-service.ts';
export { createConcluder } from './outcome-service.ts';
export { createPaymentService, type PaymentService } from './service.ts';
export { createPaymentStore } from './store.ts';
export { createSweeper, type Sweeper } from './sweeper-service.ts';
