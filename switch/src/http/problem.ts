import type { IdErrorCode, JsonErrorCode, MoneyErrorCode, Problem } from '@barlink/protocol';
import { ProtocolError } from '@barlink/protocol';
import type { CodeErrorCode as PayloadErrorCode } from '@barlink/codes';
import type { SigningErrorCode } from '@barlink/signing';
import type { AuditErrorCode } from '../audit/index.ts';
import type { ClearingErrorCode } from '../clearing/index.ts';
import type { CodeErrorCode } from '../codes/index.ts';
import { isDatabaseDown } from '../database/index.ts';
import type { ParticipantErrorCode } from '../participants/index.ts';
import type { PaymentErrorCode } from '../payments/index.ts';
import type { TokenErrorCode } from '../tokens/index.ts';
import { HttpError, type HttpErrorCode } from './errors.ts';

/** Every code the switch can answer with. */
export type ErrorCode =
  | AuditErrorCode
  | ClearingErrorCode
  | CodeErrorCode
  | HttpErrorCode
  | IdErrorCode
  | JsonErrorCode
  | MoneyErrorCode
  | ParticipantErrorCode
  | PaymentErrorCode
  | TokenErrorCode;
