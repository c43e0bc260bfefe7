-- Payments that were found without outcome when the sweeper looked at their time. It asks after them until
-- they have one, so that looking need not go back to the oldest of them again and again.
create table payments_undecided (
  payment_id uuid primary key references payments,
  taken_at timestamptz not null default '-infinity'
);

-- Two marks: a payment can still appear between them, because a transaction that opens it is at work or a
-- clock is behind. Behind decided_before none can: each has an outcome or is in payments_undecided.
alter table payment_watermark add column looked_before timestamptz;
update payment_watermark set looked_before = decided_before;
alter table payment_watermark alter column looked_before set not null;
