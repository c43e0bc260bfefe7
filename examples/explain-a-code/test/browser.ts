import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build, preview } from 'vite';
import { createPageConfig } from '../page.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser of this machine, if there is one. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM ?? '', ...executables].find((path) => path !== '' && existsSync(path));
}

/** The built page in a real browser. */
export interface OpenedPage {
  readonly page: Page;
  /** Everything the page asked the network for. */
  readonly requests: readonly string[];
  /** What went wrong in the page: errors and messages of the console. */
  readonly complaints: readonly string[];
}

/** A server of the built page and a browser. */
export interface PageFixture {
  readonly url: string;
  open(options?: BrowserContextOptions): Promise<OpenedPage>;
  close(): Promise<void>;
}

/** Builds the page into a temporary folder, serves it on a free port and starts a browser. */
export async function startPage(executablePath: string): Promise<PageFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'barlink-explain-'));
  const config = { ...createPageConfig(folder), preview: { host: '127.0.0.1', port: 0 } };
  await build(config);
  const server = await preview(config);
  const address = server.httpServer.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/`;
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  return {
    url,
    open: (options) => openPage(browser, { baseURL: url, locale: 'en-GB', ...options }),
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openPage(browser: Browser, options: BrowserContextOptions): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto('/');
  // The samples come with the demonstration keys.
  await page.getByRole('button', { name: /^(Signed|已签名)$/ }).waitFor();
  return { page, requests, complaints };
}
