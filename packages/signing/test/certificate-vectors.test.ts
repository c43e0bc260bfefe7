import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  assertRequestFits,
  CertificateError,
  findIssuer,
  readCertificate,
  readRevocationList,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';

interface Requests {
  readonly registered: {
    readonly participantId: string;
    readonly hosts: readonly string[];
    readonly otherKeys: readonly string[];
  };
  readonly requests: readonly {
    readonly name: string;
    readonly request: string;
    readonly error: string | null;
  }[];
}

interface Lists {
  readonly now: string;
  readonly authority: string;
  readonly otherAuthority: string;
  readonly certificates: readonly (Readonly<Record<string, unknown>> & { readonly certificate: string })[];
  readonly lists: readonly {
    readonly name: string;
    readonly list: string;
    readonly revoked?: readonly string[];
    readonly error: string | null;
  }[];
}

function read<T>(name: string): T {
  const file = new URL(`../../../spec/vectors/certificates/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof CertificateError ? error.code : String(error)),
  );

describe('spec/vectors/certificates/requests.json', () => {
  const { registered, requests } = read<Requests>('requests');
  const judge = async (text: string) => {
    const request = await verifyCertificateRequest(text);
    assertRequestFits(request, { ...registered, otherKeys: new Set(registered.otherKeys) });
  };
  for (const { name, request, error } of requests) {
    it(`${error === null ? 'takes' : 'refuses'} ${name}${error === null ? '' : `: ${error}`}`, async () => {
      assert.equal(await codeOf(judge(request)), error);
    });
  }
});

describe('spec/vectors/certificates/lists.json', () => {
  const { now, authority, otherAuthority, certificates, lists } = read<Lists>('lists');

  it('reads what certificates say, and who has issued them', () => {
    for (const { certificate, ...expected } of certificates) {
      const found = { ...readCertificate(certificate) };
      const named = Object.keys(expected).map((name) => [name, found[name as keyof typeof found]]);
      assert.deepEqual(JSON.parse(JSON.stringify(Object.fromEntries(named))), expected);
      assert.match(findIssuer(certificate, otherAuthority + authority), /BEGIN CERTIFICATE/);
      assert.throws(() => findIssuer(certificate, otherAuthority), { code: 'CERTIFICATE_ISSUER_UNTRUSTED' });
    }
  });

  for (const { name, list, revoked, error } of lists) {
    it(`${error === null ? 'takes' : 'refuses'} a list: ${name}`, async () => {
      const reading = readRevocationList(Buffer.from(list), { authorityPem: authority, now: new Date(now) });
      assert.equal(await codeOf(reading), error);
      if (revoked !== undefined) {
        assert.deepEqual([...(await reading).serials], revoked);
      }
    });
  }
});
