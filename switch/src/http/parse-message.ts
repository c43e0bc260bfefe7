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
  const value = parseJson(body);
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  throw toError(result.error.issues[0] as z.core.$ZodIssue, value);
}

function toError(issue: z.core.$ZodIssue, value: unknown): ProtocolError {
  const path = issue.path.map((segment) => `/${String(segment)}`).join('');
  if (issue.code === 'custom' && typeof issue.params?.code === 'string') {
    return new ProtocolError(issue.params.code, issue.message, { path });
  }
  if (issue.code === 'unrecognized_keys') {
    return new HttpError('MESSAGE_MEMBER_UNKNOWN', { path: `${path}/${issue.keys[0] ?? ''}` });
  }
  const isMissing = issue.path.length > 0 && memberAt(value, issue.path) === undefined;
  return new HttpError(isMissing ? 'MESSAGE_MEMBER_MISSING' : 'MESSAGE_MEMBER_INVALID', { path });
}

/** What a JSON value holds at a path; JSON knows no `undefined`, so that means nothing is there. */
function memberAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, segment) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[segment]
        : undefined,
    value,
  );
}
