import { ProtocolError, parseJson } from '@barlink/protocol';
import type { z } from 'zod';
import { HttpError } from './errors.ts';

/**
 * Reads a body by its schema; the first issue names the error.
 *
 * @throws {ProtocolError} a `JSON_...`, `MONEY_...` or `MESSAGE_MEMBER_...` code with the path
 */
export function parseMessage(body: Uint8Array, schema: z.ZodType | undefined): unknown {
  if (schema === undefined) {
    if (body.length > 0) {
      throw new HttpError('MESSAGE_MEMBER_UNKNOWN');
    }
    return undefined;
  }
  const result = schema.safeParse(parseJson(body));
  if (result.success) {
    return result.data;
  }
  throw toError(result.error.issues[0] as z.core.$ZodIssue);
}

function toError(issue: z.core.$ZodIssue): ProtocolError {
  const path = issue.path.map((segment) => `/${String(segment)}`).join('');
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string') {
    return new ProtocolError(issue.params['code'], issue.message, { path });
  }
  if (issue.code === 'unrecognized_keys') {
    return new HttpError('MESSAGE_MEMBER_UNKNOWN', { path: `${path}/${issue.keys[0] ?? ''}` });
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return new HttpError('MESSAGE_MEMBER_MISSING', { path });
  }
  return new HttpError('MESSAGE_MEMBER_INVALID', { path });
}
