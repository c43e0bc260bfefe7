import assert from 'node:assert/strict';
import { crc16, crcText, encodeMerchantCode } from '@barlink/codes';
import { generateSigningKey, importVerificationKey, type SigningKey, signCode } from '@barlink/signing';
import fc from 'fast-check';
import { type Connected, createWallet, type Wallet } from '../src/index.ts';
import { createSwitchDouble, type SwitchDouble } from './support/switch-double.ts';

const participantId = 'wallet-jade';

function codeId(at: Date): string {
  const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let value = BigInt(at.getTime()) << 32n;
  let text = '';
  for (let position = 0; position < 16; position += 1) {
    text = crockford.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

const plain = encodeMerchantCode({
  acquirer: '300001',
  merchantId: 'TEA-01',
  codeId: codeId(new Date()),
  name: 'Old Street Teahouse',
  city: 'Chengdu',
  category: '5812',
  country: 'CN',
  currency: '156',
  mode: 'static',
  amount: '12.50',
  store: 'KUANZHAI',
  terminal: 'TABLE 4',
});

function withCrc(text: string): string {
  const body = text.slice(0, -4);
  return body + crcText(crc16(body));
}

describe('scan', () => {
  let key: SigningKey;
  let codeKey: SigningKey;
  let signed: string;
  let double: SwitchDouble;
  const open: { close(): Promise<void> }[] = [];

  before(async () => {
    key = await generateSigningKey('ES256');
    codeKey = await generateSigningKey('ES256');
    signed = await signCode(plain, codeKey);
  });
  beforeEach(async () => {
    double = await createSwitchDouble({ participantId, key });
    double.entries = [{ acquirer: '300001', key: await importVerificationKey(codeKey.publicJwk) }];
    open.push(double);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.close()));
  });

  function walletOf(options: { keyset?: string; now?: () => Date } = {}): Connected<Wallet> {
    const wallet = createWallet({ switchUrl: double.url, participantId, key, ...options });
    open.push(wallet);
    return wallet;
  }

  it('says verified when the acquirer signed the code, and what the code says', async () => {
    const scan = await walletOf().scan(`\ufeff${signed}\r\n`);
    assert.equal(scan.trust, 'verified');
    assert.equal(scan.merchant.name, 'Old Street Teahouse');
    assert.equal(scan.payload, signed);
    assert.equal(scan.code.acquirerNumber, '300001');
    assert.deepEqual(scan.code.amount, { currency: 'CNY', minor: 1250n });
    assert.deepEqual([scan.code.store, scan.code.terminal], ['KUANZHAI', 'TABLE 4']);
  });

  it('says unsigned when nobody signed it, and shows it as a claim', async () => {
    const scan = await walletOf().scan(plain);
    assert.equal(scan.trust, 'unsigned');
    assert.equal(scan.claimed.merchant.name, 'Old Street Teahouse');
    assert.equal('merchant' in scan, false);
    assert.deepEqual(double.opened, []);
  });

  it('says tampered when the payee was changed, with the checksum right again', async () => {
    const changed = withCrc(signed.replace('Old Street Teahouse', 'Bad Street Teahouse'));
    assert.deepEqual(await walletOf().scan(changed), { trust: 'tampered', reason: 'CODE_SIGNATURE_INVALID' });
  });

  it('says tampered when the store was changed, with the checksum right again', async () => {
    const changed = withCrc(signed.replace('KUANZHAI', 'KUANGZHA'));
    assert.deepEqual(await walletOf().scan(changed), { trust: 'tampered', reason: 'CODE_SIGNATURE_INVALID' });
  });

  it('says tampered when the checksum is wrong', async () => {
    const changed = plain.replace('12.50', '00.50');
    assert.deepEqual(await walletOf().scan(changed), { trust: 'tampered', reason: 'QR_CRC_MISMATCH' });
  });

  it('says tampered when the code has been withdrawn', async () => {
    double.revoked = [plain.slice(plain.indexOf('0316') + 4).slice(0, 16)];
    assert.deepEqual(await walletOf().scan(signed), { trust: 'tampered', reason: 'CODE_SIGNATURE_REVOKED' });
  });

  it('never says verified when any one character was changed', async () => {
    const wallet = walletOf();
    await wallet.scan(signed);
    const position = fc.integer({ min: 0, max: signed.length - 1 });
    await fc.assert(
      fc.asyncProperty(position, fc.constantFrom('0', 'A', 'a', ' ', '9'), async (at, other) => {
        const changed = signed.slice(0, at) + other + signed.slice(at + 1);
        fc.pre(changed !== signed);
        assert.notEqual((await wallet.scan(changed)).trust, 'verified');
        const repaired = withCrc(changed);
        if (repaired !== signed) {
          assert.notEqual((await wallet.scan(repaired)).trust, 'verified');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says tampered for a key that the switch does not vouch for', async () => {
    const forged = await signCode(plain, await generateSigningKey('ES256'));
    const scan = await walletOf().scan(forged);
    assert.deepEqual(scan, { trust: 'tampered', reason: 'CODE_SIGNATURE_KEY_UNKNOWN' });
  });

  it("says foreign for another scheme's code and for a payer's code", async () => {
    const upi = await walletOf().scan('upi://pay?pa=shop@bank&pn=Shop&am=10.00&cu=INR');
    assert.equal(upi.trust, 'foreign');
    const payer = await walletOf().scan('390001358428485123041264');
    assert.equal(payer.trust, 'foreign');
  });

  it('says unreadable for a text that is no payment code', async () => {
    assert.deepEqual(await walletOf().scan('hello'), { trust: 'unreadable' });
    assert.deepEqual(await walletOf().scan(''), { trust: 'unreadable' });
  });

  it('works without a network on a stored keyset', async () => {
    const first = walletOf();
    await first.scan(signed);
    const keyset = first.keyset();
    assert.equal(typeof keyset, 'string');
    const offline = createWallet({
      switchUrl: 'http://127.0.0.1:9',
      participantId,
      key,
      switchKeys: [double.jwk],
      keyset: keyset ?? '',
    });
    open.push(offline);
    assert.equal((await offline.scan(signed)).trust, 'verified');
  });

  it('says unverifiable, not tampered, when there is no keyset at all', async () => {
    const offline = createWallet({ switchUrl: 'http://127.0.0.1:9', participantId, key });
    open.push(offline);
    assert.deepEqual(await offline.scan(signed), { trust: 'unverifiable', reason: 'KEYSET_UNAVAILABLE' });
    assert.equal((await offline.scan(plain)).trust, 'unsigned');
  });

  it('says unverifiable when the stored keyset is too old and no new one can be had', async () => {
    double.keysetMs = 1000;
    const first = walletOf();
    await first.scan(signed);
    const offline = createWallet({
      switchUrl: 'http://127.0.0.1:9',
      participantId,
      key,
      switchKeys: [double.jwk],
      keyset: first.keyset() ?? '',
      now: () => new Date(Date.now() + 60_000),
    });
    open.push(offline);
    assert.equal((await offline.scan(signed)).trust, 'unverifiable');
  });
});
