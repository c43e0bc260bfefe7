-- Fails the transaction unless ledger.create_transfers created every row, which is what null says. So a
-- commit may be sent right behind it: either every row is committed or nothing is.
create function ledger.assert_all_created(p_state json) returns void language plpgsql as $$
begin
  if p_state is not null then
    raise exception 'LEDGER_NOT_ALL_CREATED: not every row of the batch is plainly fine'
      using errcode = 'LG001';
  end if;
end
$$;
