import type { Role } from '@barlink/protocol';
import type { z } from 'zod';
import type { KeptAnswer, SignedMessage, WriteMessage } from '../audit/index.ts';
import type { Participant } from '../participants/index.ts';
import type { RateLimit } from './rate-limit.ts';

/** What a handler gets of a verified request. */
export interface Call<Body> {
  readonly sender: Participant;
  readonly message: SignedMessage;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** A verified request that may change something. */
export interface WriteCall<Body> extends Call<Body> {
  readonly message: WriteMessage;
}

/** Status and JSON text; the text is what was or will be kept, so it is not rendered twice. */
export interface Answer extends KeptAnswer {
  /** Anybody may keep it this long; nobody may when absent. */
  readonly cacheSeconds?: number;
}

/** One row of the API: everything the edge, the router and the OpenAPI document need to know. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** In OpenAPI form: `/v1/payments/{paymentId}`. */
  readonly path: string;
  readonly summary: string;
  /** `anyone`: no signature; otherwise the sender needs one of the roles. */
  readonly roles: readonly Role[] | 'anyone';
  readonly request?: z.ZodType;
  readonly answer: {
    readonly status: number;
    readonly schema: z.ZodType;
    /** `application/json` when absent. */
    readonly mediaType?: string;
  };
  /** How often one sender may ask this. */
  readonly limit?: RateLimit;
  readonly run: Run;
}

/** The three kinds of endpoint, after their bodies were parsed. */
export type Run =
  | { readonly kind: 'open'; readonly handle: (parameters: Call<unknown>['parameters']) => Promise<Answer> }
  | { readonly kind: 'read'; readonly handle: (call: Call<unknown>) => Promise<Answer> }
  | { readonly kind: 'write'; readonly handle: (call: WriteCall<unknown>) => Promise<Answer> };

type Row = Omit<Endpoint, 'run' | 'request' | 'roles'>;

/** An endpoint anyone may read, unsigned. */
export function openEndpoint(
  row: Row & { readonly handle: (parameters: Call<unknown>['parameters']) => Promise<Answer> },
): Endpoint {
  const { handle, ...rest } = row;
  return { ...rest, roles: 'anyone', run: { kind: 'open', handle } };
}

/** A signed endpoint that changes nothing. */
export function readEndpoint<Schema extends z.ZodType = z.ZodUndefined>(
  row: Row & {
    readonly roles: readonly Role[];
    readonly request?: Schema;
    readonly handle: (call: Call<z.output<Schema>>) => Promise<Answer>;
  },
): Endpoint {
  const { handle, ...rest } = row;
  return { ...rest, run: { kind: 'read', handle: (call) => handle(call as Call<z.output<Schema>>) } };
}

/** A signed endpoint that may change something: once per idempotency key. */
export function writeEndpoint<Schema extends z.ZodType = z.ZodUndefined>(
  row: Row & {
    readonly roles: readonly Role[];
    readonly request?: Schema;
    readonly handle: (call: WriteCall<z.output<Schema>>) => Promise<Answer>;
  },
): Endpoint {
  const { handle, ...rest } = row;
  return { ...rest, run: { kind: 'write', handle: (call) => handle(call as WriteCall<z.output<Schema>>) } };
}

/** An answer from a value. */
export function answer(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value) };
}
