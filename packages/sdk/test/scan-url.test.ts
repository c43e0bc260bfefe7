import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MerchantCode } from '@barlink/codes';
import {
  generateSigningKey,
  importVerificationKey,
  type SigningKey,
  signCodeDocument,
} from '@barlink/signing';
import { createAcquirer, createWallet, SdkError } from '../src/index.ts';
import { codeResource } from './support/samples.ts';
import { createSwitchDouble, type SwitchDouble } from './support/switch-double.ts';

const participantId = 'wallet-jade';
const codeId = '06Q2J1C000938NKR';
const code: MerchantCode = {
  acquirer: '300001',
  merchantId: 'TEA-01',
  codeId,
  name: 'Old Street Teahouse',
  city: 'Chengdu',
  category: '5812',
  country: 'CN',
  currency: '156',
  mode: 'dynamic',
  amount: '12.50',
};

type Serve = (response: ServerResponse) => void;

describe('scan of a code behind a URL', () => {
  let key: SigningKey;
  let codeKey: SigningKey;
  let double: SwitchDouble;
  let base: string;
  let serve: Serve;
  /** Paths that were asked for. */
  let asked: string[];
  const open: { close(): Promise<void> }[] = [];

  before(async () => {
    key = await generateSigningKey('ES256');
    codeKey = await generateSigningKey('ES256');
  });
  beforeEach(async () => {
    double = await createSwitchDouble({ participantId, key });
    double.entries = [{ acquirer: '300001', key: await importVerificationKey(codeKey.publicJwk) }];
    asked = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      serve(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c/`;
    const close = async () => {
      server.closeAllConnections();
      server.close();
    };
    open.push(double, { close });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.close()));
  });

  function walletOf(change: { switchUrl?: string; codeTimeoutMs?: number; codeUrl?: string } = {}) {
    const wallet = createWallet({ switchUrl: double.url, participantId, key, codeUrl: base, ...change });
    open.push(wallet);
    return wallet;
  }

  const documentOf = (change: { code?: object; url?: string; by?: SigningKey; secondsLeft?: number } = {}) =>
    signCodeDocument(
      {
        url: change.url ?? base + codeId,
        code: { ...code, ...change.code },
        issuedAt: new Date(Date.now() - 60_000),
        expiresAt: new Date(Date.now() + (change.secondsLeft ?? 60) * 1000),
      },
      change.by ?? codeKey,
    );

  const give =
    (body: string, headers: Readonly<Record<string, string>> = {}): Serve =>
    (response) =>
      response.writeHead(200, { 'content-type': 'application/jose', ...headers }).end(body);
  const say =
    (status: number, headers: Readonly<Record<string, string>> = {}): Serve =>
    (response) =>
      response.writeHead(status, headers).end();

  it('says verified, and what the acquirer signed', async () => {
    serve = give(await documentOf());
    const scan = await walletOf().scan(`${base}${codeId}\r\n`);
    assert.equal(scan.trust, 'verified');
    assert.equal(scan.payload, base + codeId);
    assert.equal(scan.merchant.name, 'Old Street Teahouse');
    assert.deepEqual(scan.code.amount, { currency: 'CNY', minor: 1250n });
    assert.ok(scan.code.expiresAt !== undefined && scan.code.expiresAt > new Date());
    assert.deepEqual(asked, [`/c/${codeId}`]);
  });

  it('looks below the switch when no other place is set', async () => {
    serve = give(await documentOf());
    const wallet = createWallet({
      switchUrl: new URL(base).origin,
      participantId,
      key,
      switchKeys: [double.jwk],
    });
    open.push(wallet);
    // There is no keyset at this place, so the document cannot be verified; it was asked for.
    assert.equal((await wallet.scan(base + codeId)).trust, 'unverifiable');
    assert.equal(asked[0], `/c/${codeId}`);
  });

  const tampered: readonly [string, string, () => Promise<Serve>][] = [
    [
      'a changed document',
      'CODE_SIGNATURE_INVALID',
      async () => {
        const [header, payload, signature] = (await documentOf()).split('.');
        const changed = Buffer.from(payload ?? '', 'base64url')
          .toString()
          .replace('Old Street', 'Bad Street');
        return give(`${header}.${Buffer.from(changed).toString('base64url')}.${signature}`);
      },
    ],
    [
      "another acquirer's key",
      'CODE_SIGNATURE_KEY_UNKNOWN',
      async () => give(await documentOf({ by: await generateSigningKey('ES256') })),
    ],
    [
      'the document of another URL',
      'SIGNATURE_TARGET_MISMATCH',
      async () => give(await documentOf({ url: `${base}06Q2J1C000938NKS` })),
    ],
    [
      'the document of another code',
      'SIGNATURE_TARGET_MISMATCH',
      async () => give(await documentOf({ code: { codeId: '06Q2J1C000938NKS' } })),
    ],
    ['one whose time is over', 'CODE_TIME_EXPIRED', async () => give(await documentOf({ secondsLeft: -1 }))],
    ['no document at all', 'CODE_SIGNATURE_MALFORMED', async () => give('{"name":"Old Street Teahouse"}')],
    ['a code nobody knows', 'CODE_PAYLOAD_UNKNOWN', async () => say(404)],
    ['a code that was paid', 'CODE_DOCUMENT_GONE', async () => say(410)],
    ['a body that is too large', 'CODE_DOCUMENT_TOO_LARGE', async () => give('x'.repeat(8193))],
    [
      'a body without end',
      'CODE_DOCUMENT_TOO_LARGE',
      async () => (response) => {
        response.writeHead(200, { 'content-type': 'application/jose' });
        response.write('x'.repeat(8193));
      },
    ],
  ];
  for (const [what, reason, make] of tampered) {
    it(`says tampered of ${what}`, async () => {
      serve = await make();
      assert.deepEqual(await walletOf().scan(base + codeId), { trust: 'tampered', reason });
    });
  }

  const unavailable: readonly [string, () => Promise<Serve>][] = [
    ['a redirection', async () => say(302, { location: `${base}06Q2J1C000938NKS` })],
    ['a server that fails', async () => say(503)],
    ['a page that is no document', async () => give(await documentOf(), { 'content-type': 'text/html' })],
    ['a server that never answers', async () => () => undefined],
    [
      'a server that never ends',
      async () => (response) => {
        response.writeHead(200, { 'content-type': 'application/jose' });
        response.write('x');
      },
    ],
    ['a broken connection', async () => (response) => response.destroy()],
  ];
  for (const [what, make] of unavailable) {
    it(`says unverifiable of ${what}, and shows no name`, async () => {
      serve = await make();
      const scan = await walletOf({ codeTimeoutMs: 500 }).scan(base + codeId);
      assert.deepEqual(scan, { trust: 'unverifiable', reason: 'CODE_DOCUMENT_UNAVAILABLE' });
      assert.deepEqual(asked, [`/c/${codeId}`]);
    });
  }

  it('opens nothing that is not exactly a code of the switch', async () => {
    serve = give(await documentOf());
    const wallet = walletOf();
    const { host, port } = new URL(base);
    const others = [
      `http://localhost:${port}/c/${codeId}`,
      `http://${host}.evil.example/c/${codeId}`,
      `http://${host}@127.0.0.1:${port}/c/${codeId}`,
      `http://user@${host}/c/${codeId}`,
      `https://${host}/c/${codeId}`,
      `HTTP://${host}/c/${codeId}`,
      `http://${host}//c/${codeId}`,
      `http://${host}/c/../c/${codeId}`,
      `http://${host}/c%2f${codeId}`,
      `${base}${codeId}?to=1`,
      `${base}${codeId}#x`,
      `${base}${codeId}/`,
      `${base}${codeId.toLowerCase()}`,
      `${base}${codeId}0`,
      ` ${base}${codeId}`,
      base,
    ];
    for (const text of others) {
      assert.deepEqual(await wallet.scan(text), { trust: 'unreadable' }, text);
    }
    assert.deepEqual(asked, []);
  });

  it('refuses a place for codes that is not https, but on this machine', () => {
    for (const codeUrl of ['http://pay.example/c/', 'https://pay.example/', 'https://pay.example/c', 'x']) {
      assert.throws(
        () => createWallet({ switchUrl: double.url, participantId, key, codeUrl }),
        (error: unknown) => error instanceof SdkError && error.code === 'CODE_URL_INVALID',
      );
    }
  });

  it('is not made by an acquirer without a key for codes', async () => {
    const acquirer = createAcquirer({ switchUrl: double.url, participantId, key });
    open.push(acquirer);
    const { id, name, city, category, country } = codeResource('').merchant;
    const draft = { merchant: { id, name, city, category, country }, mode: 'dynamic', form: 'url' } as const;
    await assert.rejects(
      acquirer.createCode({ ...draft, currency: 'CNY', amount: { currency: 'CNY', minor: 5n } }),
      (error: unknown) => error instanceof SdkError && error.code === 'CODE_KEY_MISSING',
    );
    assert.deepEqual(double.heard, []);
  });
});
