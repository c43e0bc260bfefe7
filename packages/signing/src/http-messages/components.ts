import { SigningError } from '../signing-error.ts';
import { encodeItem, type Item } from './structured-fields.ts';

/** Header fields by name, in any case; several values of one name are a list. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request as it is sent or was received. */
export interface HttpRequest {
  readonly kind: 'request';
  readonly method: string;
  /** Absolute, as the receiver knows itself: `https://switch.example/v1/payments?x=1`. */
  readonly url: string;
  readonly headers: HttpHeaders;
}

/** A response, with its request when components of that are covered (`;req`). */
export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly request?: HttpRequest;
}

/** Either. */
export type HttpMessage = HttpRequest | HttpResponse;

/**
 * Something a signature covers: a field name in lower case or a derived component (`@method`), with `;req`
 * for the request of a response and `;name="..."` for a query parameter: `"@query-param";name="page"` without
 * its quotes is `{ name: '@query-param', parameter: 'page' }`.
 */
export interface Component {
  readonly name: string;
  readonly parameter?: string;
  readonly of?: 'request';
}

/** A component as an item of `Signature-Input`. */
export function toItem({ name, parameter, of }: Component): Item {
  return {
    value: name,
    parameters: [
      ...(of === 'request' ? [['req', true] as const] : []),
      ...(parameter === undefined ? [] : [['name', parameter] as const]),
    ],
  };
}

/**
 * An item as a component.
 *
 * @throws {SigningError} `HTTP_SIGNATURE_MALFORMED` for a parameter we do not compute: a signature over it
 * would be verified over something else
 */
export function fromItem({ value: name, parameters }: Item): Component {
  let component: Component = { name };
  for (const [key, value] of parameters) {
    if (key === 'req' && value === true) {
      component = { ...component, of: 'request' };
    } else if (key === 'name' && name === '@query-param' && typeof value === 'string') {
      component = { ...component, parameter: value };
    } else {
      throw malformed(`The component parameter ${key} is not one we compute.`, name);
    }
  }
  return component;
}

/**
 * The line of a component in the signature base.
 *
 * @throws {SigningError} `HTTP_SIGNATURE_COMPONENT_MISSING` when the message has no such thing,
 * `HTTP_SIGNATURE_MALFORMED` when there is none of this name
 */
export function lineOf(message: HttpMessage, item: Item): string {
  const component = fromItem(item);
  const source = component.of === 'request' ? requestOf(message, component) : message;
  return `${encodeItem(item)}: ${componentOf(source, component)}`;
}

function requestOf(message: HttpMessage, { name }: Component): HttpRequest {
  const request = message.kind === 'response' ? message.request : undefined;
  if (request === undefined) {
    throw lacking(`${name};req`);
  }
  return request;
}

function componentOf(message: HttpMessage, component: Component): string {
  const { name } = component;
  if (!name.startsWith('@')) {
    return fieldOf(message, name);
  }
  if (message.kind === 'response') {
    if (name === '@status') {
      return String(message.status);
    }
    throw lacking(name);
  }
  const derive = derived[name];
  if (derive === undefined) {
    throw name === '@status' ? lacking(name) : malformed('There is no such derived component.', name);
  }
  return derive(message, component);
}

/** RFC 9421 section 2.2. */
const derived: Readonly<Record<string, (request: HttpRequest, component: Component) => string>> = {
  '@method': ({ method }) => method,
  '@target-uri': ({ url }) => url,
  '@authority': ({ url }) => new URL(url).host,
  '@scheme': ({ url }) => new URL(url).protocol.slice(0, -1),
  '@request-target': ({ url }) => new URL(url).pathname + new URL(url).search,
  '@path': ({ url }) => new URL(url).pathname,
  '@query': ({ url }) => `?${new URL(url).search.slice(1)}`,
  '@query-param': ({ url }, { parameter }) => {
    const [value, ...others] =
      parameter === undefined ? [] : new URL(url).searchParams.getAll(decodeName(parameter));
    if (value === undefined || others.length > 0) {
      throw lacking('@query-param');
    }
    return encodeURIComponent(value).replaceAll(/[!'()~]/g, percent);
  },
};

/** The name in the parameter is written as the value is: percent-encoded. */
function decodeName(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    throw malformed('The name of the query parameter is not percent-encoded.', '@query-param');
  }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** RFC 9421 section 2.1: values without white space around them, in one line. */
function fieldOf({ headers }: HttpMessage, name: string): string {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
    throw malformed('A field name is a token in lower case.', name);
  }
  const found = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
  const values = found.flatMap(([, value]) => value ?? []);
  if (values.length === 0) {
    throw lacking(name);
  }
  const line = values.map((value) => value.trim().replaceAll(/[ \t]*\r?\n[ \t]+/g, ' ')).join(', ');
  if (/[\r\n]/.test(line) || /[^\t\x20-\x7e]/.test(line)) {
    throw malformed('The value of the field is not one line of ASCII.', name);
  }
  return line;
}

function lacking(name: string): SigningError {
  return new SigningError('HTTP_SIGNATURE_COMPONENT_MISSING', 'The message has no such component.', {
    path: name,
  });
}

function malformed(message: string, path: string): SigningError {
  return new SigningError('HTTP_SIGNATURE_MALFORMED', message, { path });
}
