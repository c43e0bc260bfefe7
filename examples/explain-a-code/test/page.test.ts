import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { encode } from '@barlink/codes';
import type { Page } from 'playwright-core';
import QRCode from 'qrcode';
import { findChromium, type OpenedPage, type PageFixture, startPage } from './browser.ts';

interface SigningVectors {
  readonly issuer: string;
  readonly now: string;
  readonly keyset: string;
  readonly switchKey: unknown;
  readonly verified: readonly { readonly name: string; readonly payload: string }[];
  readonly unsigned: readonly { readonly name: string; readonly payload: string }[];
  readonly refused: readonly { readonly name: string; readonly payload: string; readonly error: string }[];
}

const vectors: SigningVectors = JSON.parse(
  readFileSync(new URL('../../../spec/vectors/signing/codes.json', import.meta.url), 'utf8'),
);

const pix = encode({
  scheme: 'pix',
  mode: 'static',
  merchant: { name: 'PADARIA CENTRAL', city: 'SAO PAULO', category: '5462' },
  money: { amount: '18.50' },
  data: { key: 'padaria@example.com' },
});
const payerCode = '280804359255757108';

/** What the page shows for a few schemes: the title, the chips, and texts that must be there. */
const schemes: readonly (readonly [string, string, readonly string[]])[] = [
  [
    pix,
    'Pix, Brazil',
    ['Static', '18.50', 'BRL', 'Brazilian Real', 'PADARIA CENTRAL', 'bakeries', 'Pix key'],
  ],
  [
    'upi://pay?pa=chai.stall@examplebank&pn=Chai%20Stall&am=35.00&cu=INR&tr=CHAI0041',
    'UPI, India',
    ['35.00', 'INR', 'Chai Stall', 'CHAI0041', 'Payee address', 'chai.stall@examplebank'],
  ],
  [
    'BCD\n002\n1\nSCT\n\nTeehaus am Hafen\nDE89370400440532013000\nEUR12.50\n\n\nRechnung 41',
    'EPC code for SEPA transfers',
    ['12.50', 'EUR', 'Teehaus am Hafen', 'DE89370400440532013000', 'Remittance text', 'Rechnung 41'],
  ],
  ['https://qr.alipay.com/baxcwo4myomqqelrb4', 'Alipay link', ['Merchant-presented', 'only its provider']],
];

describe('the page that explains a code', function () {
  this.timeout(60_000);
  let fixture: PageFixture | undefined;
  let opened: OpenedPage;

  before(async function () {
    const chromium = findChromium();
    if (chromium === undefined) {
      console.log('    no chromium on this machine: install Debian\u2019s chromium, or name one in CHROMIUM');
      this.skip();
    }
    fixture = await startPage(chromium);
  });

  after(() => fixture?.close());

  beforeEach(async () => {
    assert.ok(fixture !== undefined);
    opened = await fixture.open();
  });

  afterEach(async () => {
    assert.ok(fixture !== undefined);
    const { url } = fixture;
    assert.deepEqual(opened.complaints, []);
    assert.deepEqual(
      opened.requests.filter((request) => !request.startsWith(url) && !/^(?:blob|data):/.test(request)),
      [],
      'a request left the origin',
    );
    await opened.page.context().close();
  });

  for (const [text, title, shown] of schemes) {
    it(`explains ${title}`, async () => {
      await enter(opened.page, text);
      assert.equal(await heading(opened.page), title);
      const report = await reportText(opened.page);
      for (const each of shown) assert.ok(report.includes(each), `${each} is not in:\n${report}`);
    });
  }

  it('shows every data object of the tree with its meaning', async () => {
    await enter(opened.page, pix);
    const rows = await opened.page.locator('.objects tbody tr').allInnerTexts();
    const first = rows.map((row) => row.split(/[\t\n]/)[0]?.trim());
    assert.deepEqual(first, ['00', '01', '26', '00', '01', '52', '53', '54', '58', '59', '60', '63']);
    assert.match(rows[3] ?? '', /Network identifier.*br\.gov\.bcb\.pix/s);
    assert.match(rows[4] ?? '', /Pix key.*padaria@example\.com/s);
  });

  it('lists the rules a code breaks', async () => {
    await enter(opened.page, encode({ scheme: 'emv-mpm', money: { currency: '392', amount: '1.5' } }));
    const findings = await opened.page.locator('.findings').innerText();
    assert.match(findings, /Warning\s+54\s+More decimals than the currency has/);
    assert.match(findings, /QR_AMOUNT_EXPONENT/);
    assert.match(findings, /Broken\s+59\s+A mandatory object is missing/);
  });

  it('says where a damaged code breaks, and marks what it shows of it', async () => {
    await enter(opened.page, pix.replace('18.50', '98.50'));
    const report = await reportText(opened.page);
    assert.match(report, /Refused · Damaged or changed: the checksum is wrong/);
    assert.match(report, /do not pay by it/);
    assert.match(report, /Not to be believed/);
    assert.equal(await opened.page.locator('[data-signature]').count(), 0);
  });

  it('tells verified, unsigned and tampered codes apart', async () => {
    const { page } = opened;
    for (const [sample, kind, says] of [
      ['Signed', 'verified', /Verified\s*demonstration keys\s+Pay to Blue Harbour Tea House, Shanghai/],
      ['Unsigned', 'unsigned', /a claim of whoever printed it/],
      ['Tampered', 'tampered', /Do not pay\..*CODE_SIGNATURE_INVALID/s],
    ] as const) {
      await page.getByRole('button', { name: sample, exact: true }).click();
      const verdict = page.locator(`[data-signature="${kind}"]`);
      await verdict.waitFor();
      assert.match(await verdict.innerText(), says);
    }
    assert.equal(await page.locator('.summary.doubtful').count(), 1);
  });

  it('verifies with the keyset of a switch, and takes no other', async () => {
    const { page } = opened;
    await page.clock.setFixedTime(new Date(vectors.now));
    await giveKeys(page, { ...vectors, keyset: `${vectors.keyset.slice(0, -4)}AAAA` });
    assert.match(await page.locator('.form-problem').innerText(), /SIGNATURE_INVALID/);
    await giveKeys(page, vectors);
    await page.getByText('your keyset').waitFor();
    for (const { name, payload } of vectors.verified) {
      assert.equal(await signatureKind(page, payload), 'verified', name);
    }
    for (const { name, payload } of vectors.unsigned) {
      assert.equal(await signatureKind(page, payload), 'unsigned', name);
    }
    for (const { name, payload, error } of vectors.refused) {
      if (error.startsWith('KEYSET')) continue;
      const kind = await signatureKind(page, payload);
      assert.ok(kind === 'none at all' || /^(?:tampered|withdrawn|unknown)$/.test(kind), `${name}: ${kind}`);
      if (error === 'CODE_SIGNATURE_INVALID') assert.equal(kind, 'tampered', name);
    }
  });

  it('masks a payer\u2019s code until it is asked for', async () => {
    const { page } = opened;
    await enter(page, payerCode);
    assert.match(await reportText(page), /This is a payer.s code: a secret/);
    assert.ok(!(await page.locator('.result').innerHTML()).includes(payerCode.slice(4)));
    assert.equal(await page.getByRole('button', { name: 'Copy as JSON' }).count(), 0);
    assert.match((await page.locator('#code-text').getAttribute('class')) ?? '', /masked/);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    assert.ok((await reportText(page)).includes(payerCode));
    await enter(page, `${payerCode.slice(0, -1)}9`);
    assert.ok(!(await reportText(page)).includes(payerCode.slice(4, -1)), 'the next one is masked again');
  });

  it('reads a pasted picture, a dropped one, a chosen one, and one with several codes', async () => {
    const { page } = opened;
    const epc = encode({ scheme: 'epc', merchant: { name: 'A' }, data: { iban: 'DE89370400440532013000' } });
    await pastePicture(page, { type: 'image/png', body: await QRCode.toBuffer(epc) });
    await page.getByRole('heading', { name: 'EPC code' }).waitFor();
    await dropPicture(page, { type: 'image/png', body: await QRCode.toBuffer(pix) });
    await page.getByRole('heading', { name: 'Pix, Brazil' }).waitFor();
    const buffer = Buffer.from(await QRCode.toString('upi://pay?pa=a@b&pn=C', { type: 'svg' }));
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'code.svg', mimeType: 'image/svg+xml', buffer });
    await page.getByRole('heading', { name: 'UPI, India' }).waitFor();
    await dropPicture(page, { type: 'image/svg+xml', body: Buffer.from(await twoCodes(pix, payerCode)) });
    await page.getByText('The picture holds several codes').waitFor();
    const found = page.locator('.found button');
    assert.equal(await found.count(), 2);
    assert.ok(!(await page.locator('.found').innerHTML()).includes(payerCode.slice(4, 10)));
    await found.nth(1).click();
    assert.equal(await page.locator('.found button[aria-pressed=true]').count(), 1);
  });

  it('says when a picture holds nothing, and when a file is none', async () => {
    const { page } = opened;
    const blank = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"/>';
    await dropPicture(page, { type: 'image/svg+xml', body: Buffer.from(blank) });
    await page.getByText('No code was found in the picture.').waitFor();
    await dropPicture(page, { type: 'image/png', body: Buffer.from('not a picture') });
    await page.getByText('not a picture the browser can open').waitFor();
  });

  it('shows hostile text as text', async () => {
    const { page } = opened;
    const markup = '<img src=x onerror=alert(1)>';
    await enter(page, encode({ scheme: 'pix', merchant: { name: markup, city: 'X' }, data: { key: 'a' } }));
    assert.ok((await reportText(page)).includes(markup));
    assert.equal(await page.locator('.report img').count(), 0);
    await enter(
      page,
      encode({ scheme: 'pix', merchant: { name: 'ab\u202egnp.exe\u200b' }, data: { key: 'a' } }),
    );
    const report = await reportText(page);
    assert.ok(!/[\u202e\u200b]/.test(report));
    assert.match(report, /ab\s*U\+202E\s*gnp\.exe\s*U\+200B/);
    assert.match(report, /Invisible characters are in this text; they are shown by number: 2/);
    for (const text of ['x'.repeat(3000), '<script>alert(1)</script>', '\u202e', '9'.repeat(3000), '{{1}}']) {
      await enter(page, text);
      assert.match(await reportText(page), /Refused/);
    }
  });

  it('speaks Chinese, keeps the choice, and fits 360 pixels', async () => {
    const { page } = opened;
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: '中文' }).click();
    await enter(page, pix);
    assert.match(await reportText(page), /商户出示.*静态.*收款人.*面包店.*数据对象/s);
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    for (const text of [pix, 'x'.repeat(3000), vectors.verified[0]?.payload ?? '']) {
      await enter(page, text);
      assert.equal(await page.evaluate(overflow), 0, `${text.slice(0, 20)} is wider than the screen`);
    }
    await page.reload();
    assert.equal(await page.title(), '支付码解读');
    const kept = await page.evaluate('JSON.stringify(localStorage)');
    assert.ok(!String(kept).includes('PADARIA'), 'no code is stored');
  });

  it('is light or dark as the system says or as chosen', async () => {
    const { page } = opened;
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    assert.notEqual(dark, light);
    await page.getByLabel('Appearance').selectOption('light');
    // The page draws in its own time; that it never turns light would end in a time-out. Asked from here, as
    // the page's own policy refuses a predicate that is polled in it.
    while ((await background()) !== light) await page.waitForTimeout(20);
  });

  it('is used with the keyboard alone', async () => {
    const { page } = opened;
    const reached: string[] = [];
    for (let presses = 0; presses < 18; presses++) {
      await page.keyboard.press('Tab');
      reached.push(String(await page.evaluate('document.activeElement?.textContent?.trim() ?? ""')));
    }
    for (const name of ['中文', 'Choose a picture', 'Tampered', 'Damaged'])
      assert.ok(reached.includes(name), name);
    await page.getByRole('button', { name: 'Tampered' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('[data-signature=tampered]').waitFor();
  });
});

async function enter(page: Page, text: string): Promise<void> {
  await page.locator('#code-text').fill(text);
  await page.locator('.report').waitFor();
}

function heading(page: Page): Promise<string> {
  return page.locator('.report h2').innerText();
}

function reportText(page: Page): Promise<string> {
  return page.locator('.report').innerText();
}

async function giveKeys(page: Page, { keyset, switchKey, issuer }: SigningVectors): Promise<void> {
  const panel = page.locator('details.keys');
  if ((await panel.getAttribute('open')) === null) await panel.locator('summary').click();
  await panel.getByLabel('Keyset').fill(keyset);
  await panel.getByLabel('Public key').fill(JSON.stringify(switchKey));
  await panel.getByLabel('Participant id').fill(issuer);
  await panel.getByRole('button', { name: 'Verify with these' }).click();
  await panel.locator('.form-problem, [role=status]').first().waitFor();
}

/** Which verdict stands there once it does; `none at all` for a text that is refused before. */
async function signatureKind(page: Page, payload: string): Promise<string> {
  await enter(page, payload);
  const verdict = page.locator('[data-signature], .refused').first();
  await verdict.waitFor();
  return (await verdict.getAttribute('data-signature')) ?? 'none at all';
}

interface Picture {
  readonly type: string;
  readonly body: Buffer;
}

function dropPicture(page: Page, picture: Picture): Promise<void> {
  return page.evaluate(
    `document.dispatchEvent(new DragEvent('drop', { dataTransfer: ${transfer(picture)} }))`,
  );
}

function pastePicture(page: Page, picture: Picture): Promise<void> {
  return page.evaluate(
    `document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: ${transfer(picture)} }))`,
  );
}

/** An expression for the page: a file as the system hands it over. */
function transfer({ type, body }: Picture): string {
  return `(() => {
    const bytes = Uint8Array.from(atob('${body.toString('base64')}'), (each) => each.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'code', { type: '${type}' }));
    return data;
  })()`;
}

async function twoCodes(left: string, right: string): Promise<string> {
  const draw = async (text: string, x: number) => {
    const symbol = await QRCode.toString(text, { type: 'svg', margin: 4 });
    return symbol.replace('<svg ', `<svg x="${x}" width="400" height="400" `);
  };
  const symbols = (await draw(left, 0)) + (await draw(right, 400));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400">${symbols}</svg>`;
}
