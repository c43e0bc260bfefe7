import type { Endpoint } from '../../src/http/index.ts';
import { createEndpoints, type EndpointParts } from '../../src/routes.ts';

/** Every row of the API as a description: these rows can be read, not called. */
export function listEndpointRows(): readonly Endpoint[] {
  const names = [
    'participants',
    'keys',
    'evidence',
    'certificates',
    'codes',
    'tokens',
    'payments',
    'clearing',
    'cycles',
    'settlement',
    'log',
    'risk',
  ];
  const parts = Object.fromEntries(names.map((name) => [name, {}]));
  return createEndpoints(parts as unknown as EndpointParts);
}

/** The row that answers a request, by the method and path as sent. */
export function findEndpointRow(method: string, target: string): Endpoint | undefined {
  const path = target.split('?')[0] ?? '';
  const candidates = rows.filter(
    (row) => row.endpoint.method === method.toLowerCase() && row.pattern.test(path),
  );
  // `/v1/codes/resolve` before `/v1/codes/{codeId}`.
  return (candidates.find((row) => !row.endpoint.path.includes('{')) ?? candidates[0])?.endpoint;
}

const rows = listEndpointRows().map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));
