import { join } from 'node:path';
import { build, preview } from 'vite';
import { createPageConfig } from './page.ts';

// `npm run explain`: builds the page into dist/ beside this file and serves it on this machine.
const config = createPageConfig(join(import.meta.dirname, 'dist'));
await build(config);
const server = await preview(config);
console.log(`Explain a payment code: ${server.resolvedUrls?.local[0] ?? ''}`);
