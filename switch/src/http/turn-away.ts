import { claimedSender } from './admission.ts';
import type { Endpoint } from './endpoint.ts';
import { HttpError } from './errors.ts';
import { toProblem } from './problem.ts';
import { type Edge, type Outgoing, problemType } from './serve.ts';

/** What is known of a POST that may be turned away. */
interface Arriving {
  /** In OpenAPI form. */
  readonly path: string;
  readonly signature: string | undefined;
  readonly traceId: () => string;
}

const placeOfTraceId = 'TRACE-ID';
const problem = toProblem(new HttpError('SWITCH_OVERLOADED'), placeOfTraceId);
const [before = '', after = ''] = JSON.stringify(problem).split(placeOfTraceId);

/**
 * The refusal of a POST for which there is no room, or `undefined` when there is some (spec/guards.md 1).
 * An overloaded switch makes more of these than of anything else: no error is thrown, nothing is rendered.
 */
export function turnAway({ path, signature, traceId }: Arriving, edge: Edge): Outgoing | undefined {
  const sender = claimedSender(signature);
  if (!edge.admission.isFull(sender)) {
    return undefined;
  }
  const id = traceId();
  edge.onServed({
    method: 'POST',
    path,
    status: problem.status,
    sender: undefined,
    code: problem.code,
    traceId: id,
    durationMs: 0,
    error: undefined,
  });
  return { status: problem.status, body: before + id + after, mediaType: problemType, signature: undefined };
}

/** Paths of writes without parameters, `/v1/payments` among them: no router is needed to know one. */
export function plainWrites(endpoints: readonly Endpoint[]): ReadonlySet<string> {
  const rows = endpoints.filter(({ method, path }) => method === 'post' && !path.includes('{'));
  return new Set(rows.map(({ path }) => path));
}
