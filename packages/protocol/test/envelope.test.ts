import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  createAnswerReader,
  type EnvelopedAnswer,
  encodeEnvelopeLine,
  envelopeBytesMax,
  envelopeMessagesMax,
  parseEnvelope,
} from '../src/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const request = { target: '/authorizations', signature: 'a..b', body: '{"x":"\u4e2d\\n"}' };

describe('an envelope (spec/messages.md 6)', () => {
  it('gives back the requests it holds', () => {
    const requests = [request, { ...request, body: '' }, { ...request, target: '/events' }];
    assert.deepEqual(parseEnvelope(bytes(requests.map(encodeEnvelopeLine).join(''))), requests);
  });

  it('is refused when it cannot be taken apart', () => {
    const line = encodeEnvelopeLine(request);
    const wrong = [
      '',
      '\n',
      line.trimEnd(),
      `${line}{`,
      `${line}\n`,
      '[]\n',
      'null\n',
      '7\n',
      '{"target":"/a","signature":"s"}\n',
      '{"target":"/a","signature":"s","body":{}}\n',
      '{"target":"/a","signature":1,"body":""}\n',
      line.repeat(envelopeMessagesMax + 1),
    ];
    for (const text of wrong) {
      assert.throws(() => parseEnvelope(bytes(text)), { code: 'ENVELOPE_MALFORMED' }, text.slice(0, 80));
    }
    const notUtf8 = Uint8Array.of(...bytes('{"target":"'), 0xff, ...bytes('"}\n'));
    assert.throws(() => parseEnvelope(notUtf8), { code: 'ENVELOPE_MALFORMED' });
    const large = encodeEnvelopeLine({ ...request, body: 'x'.repeat(envelopeBytesMax) });
    assert.throws(() => parseEnvelope(bytes(large)), { code: 'ENVELOPE_MALFORMED' });
    assert.equal(parseEnvelope(bytes(line.repeat(envelopeMessagesMax))).length, envelopeMessagesMax);
  });

  it('is read in whatever pieces it comes', () => {
    const answers: readonly EnvelopedAnswer[] = [
      { at: 1, status: 200, signature: 'a..b~c..d', body: '{"name":"\u4e2d\u6587"}' },
      { at: 0, status: 401, body: '{}' },
    ];
    const whole = bytes(answers.map(encodeEnvelopeLine).join(''));
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const read: EnvelopedAnswer[] = [];
        const reader = createAnswerReader((answer) => read.push(answer));
        const ends = [...cuts, whole.length].sort((a, b) => a - b);
        let from = 0;
        for (const end of ends) {
          reader.push(whole.subarray(from, end));
          from = end;
        }
        reader.end();
        assert.deepEqual(read, answers);
      }),
    );
  });

  it('gives the answers before the place where it is cut off or wrong', () => {
    const read: EnvelopedAnswer[] = [];
    const reader = createAnswerReader((answer) => read.push(answer));
    const line = encodeEnvelopeLine({ at: 0, status: 200, body: '' });
    reader.push(bytes(`${line}{"at":1,`));
    assert.equal(read.length, 1);
    assert.throws(() => reader.end(), { code: 'ENVELOPE_MALFORMED' });
    for (const wrong of ['{"at":"0","status":200,"body":""}\n', '{"at":0,"status":200}\n', 'x\n']) {
      const other = createAnswerReader(() => assert.fail('no answer'));
      assert.throws(() => other.push(bytes(wrong)), { code: 'ENVELOPE_MALFORMED' });
    }
  });
});
