import type { Express, Request, Response } from 'express';

/** A list as it is served. */
export interface ServedList {
  readonly der: Uint8Array;
  readonly nextUpdate: Date;
}

/** Mounts GET /v1/crl (RFC 5280 appendix C media type); 404 while there is no list. */
export function mountRevocationList(app: Express, current: () => ServedList | undefined): void {
  app.get('/v1/crl', (_request: Request, response: Response) => {
    const list = current();
    if (list === undefined) {
      response.status(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/pkix-crl',
      'content-length': list.der.length,
      'cache-control': 'max-age=60',
      expires: list.nextUpdate.toUTCString(),
    });
    response.end(list.der);
  });
}
