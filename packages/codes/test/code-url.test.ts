import assert from 'node:assert/strict';
import { readCodeUrl, recognize } from '../src/index.ts';

const codeId = '06Q2J1C000938NKR';

describe('readCodeUrl', () => {
  for (const base of [
    'https://pay.example/c/',
    'https://pay.example:8443/c/',
    'http://localhost:8080/c/',
    'http://127.0.0.1:8080/c/',
  ]) {
    it(`takes a code at ${base} apart`, () => {
      assert.deepEqual(readCodeUrl(base + codeId), { base, codeId });
    });
  }

  const others = [
    '',
    codeId,
    'https://pay.example/c/',
    `http://pay.example/c/${codeId}`,
    `http://127.0.0.1/c/${codeId}`,
    `http://127.0.0.1.evil.example:80/c/${codeId}`,
    `https://PAY.example/c/${codeId}`,
    `https://user@pay.example/c/${codeId}`,
    `https://pay.example/c/${codeId}?x`,
    `https://pay.example/c/${codeId}#x`,
    `https://pay.example/c/${codeId}\n`,
    `https://pay.example/d/${codeId}`,
    `https://pay.example/a/c/${codeId}`,
    `https://pay.example/c/${codeId.toLowerCase()}`,
    `https://pay.example/c/${codeId.slice(1)}`,
    `https://pay.example/c/${codeId.replace('Q', 'U')}`,
    `https:\\\\pay.example/c/${codeId}`,
    `https://${'a'.repeat(101)}/c/${codeId}`,
  ];
  for (const text of others) {
    it(`takes ${JSON.stringify(text)} for something else`, () => {
      assert.equal(readCodeUrl(text), undefined);
    });
  }

  it('says nothing about whose code it is, so `recognize` does not know it', () => {
    assert.equal(recognize(`https://pay.example/c/${codeId}`), undefined);
  });
});
