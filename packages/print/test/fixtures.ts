import { attachSignature, encodeMerchantCode, luhnDigit, type MerchantCode } from '@barlink/codes';
import { Resvg } from '@resvg/resvg-js';
import { type Logo, readLogo } from '../src/index.ts';

/** A unified code of a tea house. */
export const teahouse: MerchantCode = {
  acquirer: '100001',
  merchantId: 'M-000123',
  codeId: '01KANQ3Z8W4F7H2B',
  name: 'Old Street Teahouse',
  city: 'Hangzhou',
  category: '5812',
  country: 'CN',
  currency: '156',
  mode: 'static',
};

/** Unsigned, 130 characters. */
export const unsigned = encodeMerchantCode(teahouse);

const base45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** With a signature of the right form; nobody made it. */
export const signed = withSignature(teahouse);

/** A payer's code. */
export const payerCode = `39123456789012345678901${luhnDigit('39123456789012345678901')}`;

/** A cup on a round plate. */
export const logoPng: Uint8Array = new Resvg(
  `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320">
  <circle cx="160" cy="160" r="155" fill="#1d3b2f"/>
  <path d="M90 150h120v34a60 60 0 0 1-120 0z" fill="#f4e7c5"/></svg>`,
)
  .render()
  .asPng();

export const logo: Logo = readLogo(logoPng);

function withSignature(code: MerchantCode): string {
  const signature = Array.from({ length: 96 }, (_, index) => base45[(index * 17 + 5) % 45]).join('');
  return attachSignature(encodeMerchantCode(code), { keyId: 'aB3_-xYz', signature });
}
