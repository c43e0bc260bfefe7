export { TokenError, type TokenErrorCode } from './errors.ts';
export type { OpenedPayerCode, OpenedToken, PayerCodeClaim, TokenUses } from './faces.ts';
export { decideUse, type Token, type TokenActor, type TokenEvent, type TokenUse } from './token.ts';
