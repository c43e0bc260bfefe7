import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createEmvMpm } from '../src/emv/index.ts';
import { emvProfiles, schemes } from '../src/index.ts';
import { pix } from '../src/schemes/pix.ts';

const PIX =
  '00020126510014br.gov.bcb.pix0115thalesog@me.com0210Pedido 123520400005303986540510.005802BR5914THALES' +
  ' OGLIARI6015SAO MIGUEL DO O62070503***63040DC6';

describe('entry points', () => {
  it('let a bundle take EMVCo with the schemes it needs and no others', () => {
    const emv = createEmvMpm([pix]);
    assert.deepEqual(emv.names, ['emv-mpm', 'pix']);
    assert.equal(emv.decode(PIX).data.key, 'thalesog@me.com');
    assert.equal(createEmvMpm([]).decode(PIX).scheme, 'emv-mpm');
  });

  it('import nothing at run time', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    assert.equal(dependencies, undefined);
    const folder = new URL('../src/', import.meta.url);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const source = readFileSync(new URL(name, folder), 'utf8');
      const foreign = [...source.matchAll(/from '([^']+)'/g)].filter((match) => !match[1]?.startsWith('.'));
      assert.deepEqual(foreign, [], name);
    }
  });

  it('name every scheme once', () => {
    const names = schemes.flatMap((scheme) => scheme.names.map((name) => `${scheme.presentment} ${name}`));
    assert.equal(new Set(names).size, names.length);
    assert.ok(emvProfiles.length >= 20);
  });
});
