import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonDepthMax, parseJson } from '../src/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseJson', () => {
  it('reads what JSON.parse reads when no name is repeated', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value, null, 1);
        assert.deepEqual(parseJson(bytes(text)), JSON.parse(text));
      }),
    );
  });

  for (const text of [
    '{"a":1,"a":2}',
    '{"a":{"b":[{"c":1,"c":1}]}}',
    '{"a":1,"\\u0061":2}',
    '{"a" \n : 1, "a"\t:2}',
  ]) {
    it(`refuses the repeated name in ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJson(bytes(text)), { code: 'JSON_KEY_DUPLICATE' });
    });
  }

  it('takes equal names in different objects and names inside strings', () => {
    assert.deepEqual(parseJson(bytes('[{"a":1},{"a":"{\\"a\\":1,\\"a\\":2}"}]')), [
      { a: 1 },
      { a: '{"a":1,"a":2}' },
    ]);
  });

  it('refuses what is not JSON, not UTF-8 or too deep', () => {
    assert.throws(() => parseJson(bytes('{"a":1,}')), { code: 'JSON_SYNTAX_INVALID' });
    assert.throws(() => parseJson(bytes('')), { code: 'JSON_SYNTAX_INVALID' });
    assert.throws(() => parseJson(bytes('\ufeff{}')), { code: 'JSON_SYNTAX_INVALID' });
    assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'JSON_ENCODING_INVALID' });
    const deep = '['.repeat(jsonDepthMax + 1) + ']'.repeat(jsonDepthMax + 1);
    assert.throws(() => parseJson(bytes(deep)), { code: 'JSON_DEPTH_EXCEEDED' });
  });
});
