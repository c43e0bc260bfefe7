import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBankBook } from '../src/index.ts';

const amount = { currency: 'CNY', minor: 1250n };

describe("a bank's book in a file", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-book-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is the same after a start, but for a line that was never finished', async () => {
    const file = join(folder, 'books', 'bank-north.jsonl');
    const book = createBankBook(file);
    const approve = (paymentId: string, kind: 'purchase' | 'refund') =>
      book.approve({ paymentId, account: 'A-1', kind, amount }, { paymentId, outcome: 'approved' });
    approve('p1', 'purchase');
    approve('p2', 'purchase');
    approve('p3', 'refund');
    await book.keep({ paymentId: 'p4', outcome: 'declined', reason: 'ACCOUNT_BLOCKED' });
    assert.equal(book.undo('p2')?.paymentId, 'p2');
    await book.replace({ paymentId: 'p2', outcome: 'reversed', reason: 'ISSUER_TIMEOUT' });
    appendFileSync(file, '{"answer":{"paymentId":"p5","outc');

    const again = createBankBook(file);
    assert.deepEqual(again.bookings(), book.bookings());
    assert.equal(again.net('CNY'), 0n);
    assert.equal(again.net('CNY', 'A-1'), 0n);
    assert.deepEqual(
      ['p1', 'p2', 'p4', 'p5'].map((paymentId) => again.find(paymentId)),
      [
        { paymentId: 'p1', outcome: 'approved' },
        { paymentId: 'p2', outcome: 'reversed', reason: 'ISSUER_TIMEOUT' },
        { paymentId: 'p4', outcome: 'declined', reason: 'ACCOUNT_BLOCKED' },
        undefined,
      ],
    );
    again.approve(
      { paymentId: 'p6', account: 'A-1', kind: 'purchase', amount },
      { paymentId: 'p6', outcome: 'approved' },
    );
    assert.equal(createBankBook(file).net('CNY'), -1250n);
  });

  it('keeps the first answer', () => {
    const book = createBankBook();
    const first = { paymentId: 'p1', outcome: 'reversed' } as const;
    assert.deepEqual(book.keep(first), first);
    assert.deepEqual(book.keep({ paymentId: 'p1', outcome: 'approved' }), first);
  });
});
