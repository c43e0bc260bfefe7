import {
  attachSignature,
  encode,
  encodeMerchantCode,
  findSignature,
  luhnDigit,
  type MerchantCode,
} from '@barlink/codes';
import {
  createKeyset,
  generateSigningKey,
  importVerificationKey,
  signCode,
  verifyKeyset,
} from '@barlink/signing/portable';
import type { Text } from './meanings/text.ts';
import type { TrustedKeyset } from './signature.ts';

/** A code to try the page with. */
export interface Sample {
  readonly title: Text;
  readonly text: string;
}

/** Keys made for this visit, and what was signed with them. */
export interface Demonstration {
  readonly keyset: TrustedKeyset;
  readonly samples: readonly Sample[];
}

const issuer = 'demonstration-switch';
const acquirer = '100001';
const keysetMs = 7 * 86_400_000;

/** Makes a switch and an acquirer that live as long as the page, and codes of theirs. */
export async function createDemonstration(now: Date): Promise<Demonstration> {
  const switchKey = await generateSigningKey('ES256');
  const codeKey = await generateSigningKey('ES256');
  const publicKey = await importVerificationKey(codeKey.publicJwk);
  const switchPublic = await importVerificationKey(switchKey.publicJwk);
  const text = await createKeyset([{ acquirer, key: publicKey }], {
    key: switchKey,
    issuer,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + keysetMs),
  });
  const keyset = await verifyKeyset(text, { keyFor: () => switchPublic, issuer, now });

  const honest = draft(now);
  const signed = await signCode(encodeMerchantCode(honest), codeKey);
  const unified: readonly Sample[] = [
    { title: ['Signed', '已签名'], text: signed },
    { title: ['Tampered', '被篡改'], text: withName(signed, { ...honest, name: 'Blue Harbour Tea Hause' }) },
    { title: ['Unsigned', '未签名'], text: encodeMerchantCode(honest) },
    { title: ['Payer code', '付款码'], text: payerCode() },
  ];
  return { keyset: { keyset, trust: 'demonstration' }, samples: [...unified, ...foreignSamples()] };
}

function draft(now: Date): MerchantCode {
  return {
    acquirer,
    merchantId: 'TEA-HOUSE-7',
    codeId: codeIdOf(now),
    name: 'Blue Harbour Tea House',
    city: 'Shanghai',
    category: '5814',
    country: 'CN',
    currency: '156',
    mode: 'static',
  };
}

/** Forges: another merchant's name under the signature of an honest one, checksum corrected. */
function withName(signed: string, forged: MerchantCode): string {
  const signature = findSignature(signed);
  const payload = encodeMerchantCode(forged);
  return signature === undefined ? payload : attachSignature(payload, signature);
}

/** 16 characters of Crockford base32: 48 bits of milliseconds, 32 random bits. */
function codeIdOf(now: Date): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  let bits = (BigInt(now.getTime()) << 32n) | BigInt(random);
  let text = '';
  for (let left = 16; left > 0; left--) {
    text = (alphabet[Number(bits & 31n)] ?? '0') + text;
    bits >>= 5n;
  }
  return text;
}

function payerCode(): string {
  const digits = '39100142857142857142857';
  return digits + luhnDigit(digits);
}

function foreignSamples(): Sample[] {
  return [
    {
      title: ['Pix', 'Pix'],
      text: encode({
        scheme: 'pix',
        mode: 'static',
        merchant: { name: 'PADARIA CENTRAL', city: 'SAO PAULO', category: '5462' },
        money: { amount: '18.50' },
        data: { key: 'padaria@example.com', description: 'Pedido 41' },
        reference: 'PEDIDO41',
      }),
    },
    {
      title: ['PayNow', 'PayNow'],
      text: encode({
        scheme: 'paynow',
        mode: 'dynamic',
        merchant: { name: 'KOPI CORNER', city: 'Singapore', category: '5814' },
        money: { amount: '4.20' },
        data: { proxyType: '2', proxy: '201912345K', editable: '0', expiry: '20301231' },
        reference: 'TABLE 4',
      }),
    },
    {
      title: ['UPI', 'UPI'],
      text: 'upi://pay?pa=chai.stall@examplebank&pn=Chai%20Stall&am=35.00&cu=INR&tr=CHAI0041&tn=Two%20cups',
    },
    {
      title: ['SEPA', 'SEPA'],
      text: 'BCD\n002\n1\nSCT\n\nTeehaus am Hafen\nDE89370400440532013000\nEUR12.50\n\n\nRechnung 41\n',
    },
    { title: ['Alipay payer', '支付宝付款码'], text: '280804359255757108' },
    { title: ['Damaged', '已损坏'], text: damaged() },
  ];
}

/** A digit of the amount misread: the checksum tells. */
function damaged(): string {
  const text = encode({
    scheme: 'promptpay',
    mode: 'dynamic',
    money: { amount: '120.00' },
    data: { mobile: '0066812345678' },
  });
  return text.replace('120.00', '720.00');
}
