import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { MerchantCode } from '@barlink/codes';
import { importVerificationKey, type Keyset, verifyCodeDocument, verifyKeyset } from '../src/index.ts';
import { refused } from './message-fixture.ts';

interface Vector {
  readonly name: string;
  readonly url: string;
  readonly document: string;
  /** That of the file when absent. */
  readonly now?: string;
}

interface Vectors {
  readonly issuer: string;
  readonly now: string;
  readonly switchKey: unknown;
  readonly keyset: string;
  readonly verified: readonly (Vector & { readonly code: MerchantCode; readonly expiresAt: string })[];
  readonly refused: readonly (Vector & { readonly error: Parameters<typeof refused>[0] })[];
}

const file = new URL('../../../spec/vectors/signing/code-documents.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));

describe('spec/vectors/signing/code-documents.json', () => {
  let keyset: Keyset;
  before(async () => {
    const switchKey = await importVerificationKey(vectors.switchKey);
    const { issuer, now } = vectors;
    keyset = await verifyKeyset(vectors.keyset, { keyFor: () => switchKey, issuer, now: new Date(now) });
  });

  const check = ({ document, url, now = vectors.now }: Vector) =>
    verifyCodeDocument(document, { url, keyset, now: new Date(now) });

  for (const vector of vectors.verified) {
    it(`verifies ${vector.name}`, async () => {
      const { code, expiresAt } = await check(vector);
      assert.deepEqual({ code, expiresAt: expiresAt.toISOString() }, pick(vector));
    });
  }

  for (const vector of vectors.refused) {
    it(`refuses ${vector.name}`, () => assert.rejects(check(vector), refused(vector.error)));
  }
});

function pick({ code, expiresAt }: Vectors['verified'][number]) {
  return { code, expiresAt };
}
