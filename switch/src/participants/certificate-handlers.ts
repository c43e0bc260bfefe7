import { z } from 'zod';
import { answer, type Endpoint, readEndpoint, writeEndpoint } from '../http/index.ts';
import { renderCertificate } from './certificate.ts';
import type { CertificateService } from './certificate-service.ts';

const pem = z.string().min(1).max(16_384);

const offer = z
  .union([
    z.strictObject({ request: pem, days: z.int().min(1).max(397).optional() }),
    z.strictObject({ certificate: pem }),
  ])
  .meta({ id: 'CertificateOffer', description: 'A request to be signed, or a certificate signed elsewhere' });

const reason = z.enum(['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation']);

const described = {
  thumbprint: z.string().meta({ description: 'RFC 8705 x5t#S256' }),
  serial: z.string(),
  issuer: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
};

const issuedSchema = z
  .strictObject({ ...described, certificate: z.string(), authorities: z.string() })
  .meta({ id: 'CertificateIssued' });

/** A certificate in the operator's lists. */
export const certificateSchema = z
  .strictObject({
    ...described,
    revokedAt: z.iso.datetime().optional(),
    revocationReason: reason.optional(),
  })
  .meta({ id: 'Certificate' });

/** TLS certificates of participants, for the operator. */
export function createCertificateEndpoints(options: {
  readonly service: CertificateService;
}): readonly Endpoint[] {
  const { service } = options;
  const roles = ['operator'] as const;
  const path = '/admin/v1/participants/{participantId}/certificates';
  return [
    writeEndpoint({
      method: 'post',
      path,
      summary: 'Issues a certificate for a request, or enters one that was issued elsewhere',
      roles,
      request: offer,
      answer: { status: 201, schema: issuedSchema },
      handle: ({ message, body, parameters: { participantId = '' } }) =>
        'request' in body
          ? service.issue(message, participantId, { request: body.request, days: body.days })
          : service.enter(message, participantId, body.certificate),
    }),
    readEndpoint({
      method: 'get',
      path,
      summary: 'The certificates of a participant, revoked and expired ones too',
      roles,
      answer: { status: 200, schema: z.strictObject({ certificates: z.array(certificateSchema) }) },
      handle: async ({ parameters: { participantId = '' } }) =>
        answer(200, { certificates: service.list(participantId).map(renderCertificate) }),
    }),
    writeEndpoint({
      method: 'post',
      path: `${path}/{thumbprint}/revoke`,
      summary: 'Revokes a certificate: nothing that comes over its connections is accepted from now on',
      roles,
      request: z.strictObject({ reason }).meta({ id: 'CertificateRevocation' }),
      answer: { status: 200, schema: z.strictObject({}) },
      handle: ({ message, body, parameters: { participantId = '', thumbprint = '' } }) =>
        service.revoke(message, participantId, { thumbprint, reason: body.reason }),
    }),
  ];
}
