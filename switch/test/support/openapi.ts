import { stringify } from 'yaml';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { Endpoint } from '../../src/http/index.ts';
import { codeIdSchema, participantIdSchema, tokenIdSchema } from '../../src/http/schemas.ts';
import { listEndpointRows } from './endpoint-rows.ts';
import { problemSchema } from './problem-schema.ts';

/** The OpenAPI document of the switch, as `spec/api/openapi.yaml` holds it. */
export function writeOpenApi(): string {
  const head = '# Made from the endpoints and schemas of the switch by `npm run openapi`; edit those.\n';
  return head + stringify(describeApi(), { lineWidth: 110, aliasDuplicateObjects: false });
}

/** The document as an object. */
export function describeApi() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const endpoint of listEndpointRows()) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: describeOperation(endpoint) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Barlink switch',
      version: '1',
      description: about,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8080', description: 'npm start' }],
    tags: [...new Set(listEndpointRows().map(tagOf))].map((name) => ({ name })),
    paths: paths as ZodOpenApiPathsObject,
    components: { securitySchemes: { [signature]: signatureScheme } },
  });
}

const signature = 'BarlinkSignature';

const about = `What participants and the operator say to the switch.

Bodies are JSON in UTF-8, at most 64 KiB, at most 16 levels deep; a member name occurs once, unknown
members are refused. Amounts are whole minor units in text. The rules are in spec/messages.md and
spec/payments.md, every error code in spec/errors.md. Besides these paths a switch answers the operator's
network at /health/live, /health/ready and /metrics.
`;

const signatureScheme = {
  type: 'apiKey',
  in: 'header',
  name: 'Barlink-Signature',
  description: `Not a secret that is sent, but a signature made for each request: a detached JWS (RFC 7515
appendix F) over the exact bytes of the body, empty when there is none. Its protected header has
\`alg\` (ES256, EdDSA or SM2SM3), \`kid\` (RFC 7638 thumbprint of a key registered for messages),
\`crit\`, and the members that \`crit\` lists in this order: \`iat\` (seconds, at most 300 away from the
switch's clock), \`jti\` (never used before), \`iss\` (the sender), \`aud\` (the switch), \`htm\` (method),
\`htu\` (path and query as sent) and, on writes, \`idk\`: a UUIDv7 made when the sender first decided on
the request. A retry is signed anew and keeps \`idk\`; then it has one effect and one answer.
Answers carry the same header; theirs has \`rqi\` (the \`jti\` answered) and \`sta\` (the HTTP status) in
place of \`htm\`, \`htu\` and \`idk\`.`,
} as const;

const signatureHeader = z.string().meta({
  description: 'Detached JWS of the switch over the body, bound to the request and the status',
});

const refused: ZodOpenApiResponseObject = {
  id: 'Refused',
  description: 'Refused, and nothing was written; signed when the sender is known',
  headers: z.object({ 'Barlink-Signature': signatureHeader.optional() }),
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** The schemas of what stands in a path. */
const parameters: Readonly<Record<string, z.ZodType<string, string>>> = {
  participantId: participantIdSchema,
  codeId: codeIdSchema,
  tokenId: tokenIdSchema,
  paymentId: z.uuidv7(),
  reopeningId: z.uuidv7(),
  rotationId: z.uuidv7(),
  cycleId: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .meta({ description: 'Counts up from 1' }),
  instructionId: z.uuidv7(),
  kid: z.string().meta({ description: 'RFC 7638 thumbprint' }),
  jti: z.string().meta({ description: 'The id of a message, as its sender signed it' }),
  ...Object.fromEntries(
    ['size', 'after', 'index', 'first', 'second', 'start', 'count'].map((name) => [
      name,
      z.string().regex(/^(0|[1-9][0-9]{0,14})$/),
    ]),
  ),
  subject: z.string().meta({ description: 'Id of a payment, a token, a code or a participant' }),
  thumbprint: z.string().meta({ description: 'RFC 8705 x5t#S256 of a certificate' }),
};

function describeOperation(endpoint: Endpoint): ZodOpenApiOperationObject {
  const { request, roles, run } = endpoint;
  const names = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const path = Object.fromEntries(names.map((name) => [name, parameterOf(name)]));
  const needsKey = run.kind === 'write' ? ' A write: needs `idk`.' : '';
  return {
    operationId: operationIdOf(endpoint),
    tags: [tagOf(endpoint)],
    summary: endpoint.summary,
    description:
      roles === 'anyone'
        ? 'Anyone may ask; nothing is signed.'
        : `For a sender with the role ${roles.join(' or ')}.${needsKey}`,
    security: roles === 'anyone' ? [] : [{ [signature]: [] }],
    ...(names.length === 0 ? {} : { requestParams: { path: z.object(path) } }),
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: request } } } }),
    responses: describeAnswers(endpoint),
  };
}

function describeAnswers({ answer, roles }: Endpoint): ZodOpenApiResponsesObject {
  const headers = roles === 'anyone' ? {} : { headers: z.object({ 'Barlink-Signature': signatureHeader }) };
  return {
    [String(answer.status) as '200']: {
      description: answer.status === 201 ? 'Made' : 'Done',
      ...headers,
      content: { [answer.mediaType ?? 'application/json']: { schema: answer.schema } },
    },
    default: refused,
  };
}

function parameterOf(name: string): z.ZodType<string, string> {
  const schema = parameters[name];
  if (schema === undefined) {
    throw new Error(`the path parameter ${name} has no schema`);
  }
  return schema;
}

/** `post /v1/payments/{paymentId}/refunds` -> `postPaymentRefunds`. */
function operationIdOf({ method, path }: Endpoint): string {
  const parts = path.replace('/v1', '').split('/').filter(Boolean);
  const words = parts.flatMap((part, at) => {
    if (part.startsWith('{')) {
      return [];
    }
    const next = parts[at + 1];
    const isOne = next?.startsWith('{') === true;
    // `sth/{size}` -> `SthBySize`: a word without plural does not tell one from the latest.
    const by = isOne && !part.endsWith('s') ? ['by', next.slice(1, -1)] : [];
    return [...part.split('-').map((word) => (isOne ? word.replace(/s$/, '') : word)), ...by];
  });
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function tagOf({ path }: Endpoint): string {
  const [first = '', second = ''] = path.replace('/v1', '').split('/').filter(Boolean);
  if (first === 'c') {
    return 'codes';
  }
  return first === 'admin' ? `admin ${second}` : first;
}
