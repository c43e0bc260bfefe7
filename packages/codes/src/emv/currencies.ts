/** ISO 4217 without funds: alphabetic and numeric code, six characters each. */
const LIST =
  'AED784AFN971ALL008AMD051ANG532AOA973ARS032AUD036AWG533AZN944BAM977BBD052BDT050BGN975BHD048BIF108BMD060' +
  'BND096BOB068BRL986BSD044BTN064BWP072BYN933BZD084CAD124CDF976CHF756CLF990CLP152CNY156COP170CRC188CUP192' +
  'CVE132CZK203DJF262DKK208DOP214DZD012EGP818ERN232ETB230EUR978FJD242FKP238GBP826GEL981GHS936GIP292GMD270' +
  'GNF324GTQ320GYD328HKD344HNL340HTG332HUF348IDR360ILS376INR356IQD368IRR364ISK352JMD388JOD400JPY392KES404' +
  'KGS417KHR116KMF174KPW408KRW410KWD414KYD136KZT398LAK418LBP422LKR144LRD430LSL426LYD434MAD504MDL498MGA969' +
  'MKD807MMK104MNT496MOP446MRU929MUR480MVR462MWK454MXN484MYR458MZN943NAD516NGN566NIO558NOK578NPR524NZD554' +
  'OMR512PAB590PEN604PGK598PHP608PKR586PLN985PYG600QAR634RON946RSD941RUB643RWF646SAR682SBD090SCR690SDG938' +
  'SEK752SGD702SHP654SLE925SLL694SOS706SRD968SSP728STN930SVC222SYP760SZL748THB764TJS972TMT934TND788TOP776' +
  'TRY949TTD780TWD901TZS834UAH980UGX800USD840UYU858UZS860VED926VES928VND704VUV548WST882XAF950XCD951XCG532' +
  'XOF952XPF953YER886ZAR710ZMW967ZWG924';
const EXPONENTS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF',
};

let byNumber: string[] | undefined;

/** The alphabetic code of an ISO 4217 numeric one: `156` gives `CNY`. */
export function findCurrencyAlpha(numeric: string): string | undefined {
  if (!byNumber) {
    byNumber = new Array<string>(1000);
    for (let at = 0; at < LIST.length; at += 6)
      byNumber[Number(LIST.slice(at + 3, at + 6))] ??= LIST.slice(at, at + 3);
  }
  let number = 0;
  for (let at = 0; at < 3; at++) number = number * 10 + numeric.charCodeAt(at) - 48;
  return numeric.length === 3 ? byNumber[number] : undefined;
}

/** The numeric code of an ISO 4217 alphabetic one: `CNY` gives `156`. */
export function findCurrencyNumber(alpha: string): string | undefined {
  for (let at = 0; at < LIST.length; at += 6) {
    if (LIST.startsWith(alpha, at) && alpha.length === 3) return LIST.slice(at + 3, at + 6);
  }
  return undefined;
}

/** How many decimals amounts of a currency (numeric code) have; 2 for a currency this list does not know. */
export function currencyExponent(numeric: string): number {
  const alpha = findCurrencyAlpha(numeric);
  for (const [exponent, names] of Object.entries(EXPONENTS)) {
    if (alpha && names.includes(alpha)) return Number(exponent);
  }
  return 2;
}
