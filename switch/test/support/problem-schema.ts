import { z } from 'zod';

/** Problem details (RFC 9457) as every refusal carries them. */
export const problemSchema = z
  .strictObject({
    type: z.url().meta({ description: 'Names the kind of problem; ends in the code' }),
    title: z.string().meta({ description: 'What this status means, the same for all codes of a kind' }),
    status: z.int().min(400).max(599),
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/)
      .meta({ description: 'Stable code to branch on; spec/errors.md lists them all' }),
    detail: z.string().meta({ description: 'For people; may change any day' }),
    path: z.string().optional().meta({ description: 'Where in the request: a JSON pointer' }),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later' }),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .meta({ description: 'The operator finds the request by it' }),
  })
  .meta({ id: 'Problem' });
