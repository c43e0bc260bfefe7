import type { InlineConfig, Plugin } from 'vite';

/** How vite builds and serves the page; `base` is relative, so that it runs from any folder of any host. */
export function createPageConfig(outDir: string): InlineConfig {
  return {
    configFile: false,
    root: import.meta.dirname,
    base: './',
    logLevel: 'warn',
    plugins: [browserCrypto],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      cssTarget: 'chrome123',
      // Inlined files would need data: in the content security policy.
      assetsInlineLimit: 0,
      modulePreload: false,
    },
    preview: { host: '127.0.0.1', port: 4173 },
  };
}

const browserCryptoId = '\0browser-crypto';

/** sm-crypto-v2 asks Node for what every browser has by itself. */
const browserCrypto: Plugin = {
  name: 'browser-crypto',
  enforce: 'pre',
  resolveId: (id) => (id === 'crypto' ? browserCryptoId : undefined),
  load: (id) => (id === browserCryptoId ? 'export const webcrypto = globalThis.crypto;' : undefined),
};
