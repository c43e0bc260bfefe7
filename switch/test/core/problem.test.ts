import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CodeError } from '@barlink/codes';
import { ProtocolError, reasons } from '@barlink/protocol';
import { SigningError } from '@barlink/signing';
import { HttpError } from '../../src/http/index.ts';
import { problems, toProblem } from '../../src/http/problem.ts';

const spec = readFileSync(new URL('../../../spec/errors.md', import.meta.url), 'utf8');
const traceId = '0'.repeat(32);

/** The rows of the tables in a part of the chapter, cell by cell. */
function listRows(from: string, to?: string): readonly (readonly string[])[] {
  const part = spec.slice(spec.indexOf(from), to === undefined ? undefined : spec.indexOf(to));
  return part
    .split('\n')
    .filter((line) => /^\| `?[A-Z]+_/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

describe('spec/errors.md', () => {
  it('has the status of every code the switch answers with, and no other code', () => {
    const specified = listRows('## 1.', '## 2.').map(([code, status]) => [code, status]);
    const answered = Object.entries(problems).map(([code, { status, retryable }]) => [
      code,
      retryable === true ? `${status}, retry` : String(status),
    ]);
    assert.deepEqual(Object.fromEntries(specified), Object.fromEntries(answered));
    assert.equal(specified.length, answered.length);
  });

  it('has every reason with what other standards call it', () => {
    const specified = listRows('## Reasons').map(([reason = '', , , iso20022, iso8583]) => [
      reason,
      { iso20022, iso8583 },
    ]);
    assert.deepEqual(Object.fromEntries(specified), reasons);
  });
});

describe('toProblem', () => {
  it('makes a problem document of a refusal', () => {
    const error = new HttpError('MESSAGE_MEMBER_MISSING', { path: '/amount' });
    assert.deepEqual(toProblem(error, traceId), {
      type: 'https://barlink.net/problems/MESSAGE_MEMBER_MISSING',
      title: 'Malformed request',
      status: 400,
      code: 'MESSAGE_MEMBER_MISSING',
      detail: 'The message lacks a member that its schema needs.',
      path: '/amount',
      retryable: false,
      traceId,
    });
  });

  const cases: readonly { it: string; error: unknown; code: string; status: number; path?: string }[] = [
    {
      it: 'an error of a payment code’s text',
      error: new CodeError('QR_CRC_MISMATCH', 'x', { path: '63' }),
      code: 'QR_CRC_MISMATCH',
      status: 422,
      path: '/payload#63',
    },
    {
      it: 'one without a place',
      error: new CodeError('QR_TEXT_EMPTY', 'x'),
      code: 'QR_TEXT_EMPTY',
      status: 422,
      path: '/payload',
    },
    {
      it: 'a signature in a code',
      error: new SigningError('CODE_SIGNATURE_REVOKED', 'x', { path: '98' }),
      code: 'CODE_SIGNATURE_REVOKED',
      status: 422,
      path: '/payload#98',
    },
    {
      it: 'a payer code',
      error: new ProtocolError('PAYER_CODE_MALFORMED', 'x'),
      code: 'PAYER_CODE_MALFORMED',
      status: 422,
      path: '/payload',
    },
    {
      it: 'a code of ours that is not for others',
      error: new ProtocolError('KEYSET_EXPIRED', 'ours'),
      code: 'SWITCH_FAILED',
      status: 500,
    },
    { it: 'any other error', error: new Error('password 1234'), code: 'SWITCH_FAILED', status: 500 },
    { it: 'what is no error', error: undefined, code: 'SWITCH_FAILED', status: 500 },
    {
      it: 'a database that cannot be reached',
      error: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      code: 'SWITCH_UNAVAILABLE',
      status: 503,
    },
    {
      it: 'a database that shuts down',
      error: Object.assign(new Error('x'), { code: '57P01' }),
      code: 'SWITCH_UNAVAILABLE',
      status: 503,
    },
    {
      it: 'a connection that broke',
      error: new Error('Connection terminated unexpectedly'),
      code: 'SWITCH_UNAVAILABLE',
      status: 503,
    },
    {
      it: 'a constraint that does not hold',
      error: Object.assign(new Error('duplicate key value'), { code: '23505' }),
      code: 'SWITCH_FAILED',
      status: 500,
    },
  ];

  for (const row of cases) {
    it(`reads ${row.it} as ${row.code}`, () => {
      const problem = toProblem(row.error, traceId);
      assert.deepEqual([problem.code, problem.status, problem.path], [row.code, row.status, row.path]);
      assert.equal(problem.retryable, row.status === 503);
      if (row.status >= 500) {
        const ours = new HttpError(row.code as 'SWITCH_FAILED').message;
        assert.equal(problem.detail, ours, 'says nothing of what happened inside');
      }
    });
  }
});
