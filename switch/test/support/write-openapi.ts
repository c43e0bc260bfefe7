import { writeFileSync } from 'node:fs';
import { writeOpenApi } from './openapi.ts';

writeFileSync(new URL('../../../spec/api/openapi.yaml', import.meta.url), writeOpenApi());
