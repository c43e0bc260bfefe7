import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { Express, Request, Response } from 'express';

/** What both ends of the switch's TLS are made of; PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** Authorities whose certificates are taken. */
  readonly ca: string;
  /** Revocation lists; only when there is one of every authority, else nobody would be taken. */
  readonly crl?: string | undefined;
}

/** Where an application listens. */
export interface Listeners {
  readonly server: Server;
  /**
   * Without TLS, for machines that have no certificate: health, metrics, revocation list, codes' documents.
   */
  readonly publicServer: Server;
  /** Takes new certificates, keys and lists for connections from now on. */
  renewTls(tls: TlsMaterial): void;
}

const publicPath = /^\/(?:v1\/crl|c\/[0-9A-Z]{16}|health\/(?:live|ready)|metrics)$/;

/**
 * Express gives every request and response its own prototypes, which costs two thirds of its time; objects
 * that are born with them are left alone.
 */
export function createListeners({
  app,
  door,
  tls,
}: {
  readonly app: Express;
  /** Takes every request of participants, before the application does. */
  readonly door: RequestListener;
  readonly tls: TlsMaterial | undefined;
}): Listeners {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  Object.setPrototypeOf(ExpressRequest.prototype, app.request);
  Object.setPrototypeOf(ExpressResponse.prototype, app.response);
  app.request = ExpressRequest.prototype as unknown as Request;
  app.response = ExpressResponse.prototype as unknown as Response;
  const options: ServerOptions = {
    IncomingMessage: ExpressRequest,
    ServerResponse: ExpressResponse as typeof ServerResponse,
    keepAliveTimeout: 65_000,
  };
  const publicServer = createServer(options, (request, response) => {
    if (request.method === 'GET' && publicPath.test(request.url ?? '')) {
      app(request as Request, response as Response);
    } else {
      response.writeHead(404, { connection: 'close' }).end();
    }
  });
  if (tls === undefined) {
    return { server: createServer(options, door), publicServer, renewTls: () => undefined };
  }
  const server = createSecureServer({ ...options, ...secureOptions(tls) }, door);
  return { server, publicServer, renewTls: (next) => server.setSecureContext(secureOptions(next)) };
}

/** spec/certificates.md 5.1: TLS 1.3, and nobody without a certificate of an authority that we trust. */
function secureOptions({ cert, key, ca, crl }: TlsMaterial): ServerOptions {
  return {
    cert,
    key,
    ca,
    ...(crl === undefined ? {} : { crl }),
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
  };
}
