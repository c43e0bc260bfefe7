export { type CodeDocuments, createCodeDocuments } from './document-service.ts';
export { createCodeDocumentStore } from './document-store.ts';
export { MerchantCodeError, type MerchantCodeErrorCode } from './errors.ts';
export { createCodeEndpoints } from './handlers.ts';
export { type CodeKeyset, createCodeKeyset } from './keyset-service.ts';
export { type PresentedCode, type RegisteredCode, renderCode } from './merchant-code.ts';
export { type CodeService, createCodeService } from './service.ts';
export { type CodeClaim, type CodeStore, createCodeStore } from './store.ts';
