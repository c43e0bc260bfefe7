export { createConcluder } from './concluder.ts';
export { PaymentError, type PaymentErrorCode } from './errors.ts';
export { createPaymentEndpoints } from './handlers.ts';
export { createIssuerLeg } from './issuer-leg.ts';
export { type JournalItem, type JournalResult, writeBatch } from './journal.ts';
export { createPaymentService, type PaymentService } from './service.ts';
export { createPaymentStore } from './store.ts';
export { createSweeper, type Sweeper } from './sweeper.ts';
