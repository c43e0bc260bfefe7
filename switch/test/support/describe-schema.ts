import type pg from 'pg';

/** The database as it is after all migrations, as SQL text: what a reviewer reads and a test compares. */
export async function describeSchema(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ text: string }>(`
    with wanted as (
      select c.oid, n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'ledger') and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname not in ('migrations', 'migration_hashes')),
    lines as (
    select format(E'create table %I.%I (\\n%s\\n)%s;', w.nspname, w.relname,
      (select string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          case when a.attnotnull then ' not null' else '' end,
          coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')),
          E',\\n' order by a.attnum)
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped),
      coalesce(' partition by ' || pg_get_partkeydef(w.oid), '')) as text,
      w.nspname || '.' || w.relname || '1' as place
    from wanted w
    union all
    select format('alter table %I.%I add constraint %I %s;', w.nspname, w.relname, k.conname,
      pg_get_constraintdef(k.oid)), w.nspname || '.' || w.relname || '2' || k.conname
    from wanted w join pg_constraint k on k.conrelid = w.oid where k.contype <> 'n'
    union all
    select pg_get_indexdef(i.indexrelid) || ';',
      w.nspname || '.' || w.relname || '3' || i.indexrelid::regclass
    from wanted w join pg_index i on i.indrelid = w.oid
    where not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = w.oid)
    union all
    select pg_get_triggerdef(t.oid) || ';', w.nspname || '.' || w.relname || '4' || t.tgname
    from wanted w join pg_trigger t on t.tgrelid = w.oid where not t.tgisinternal
    )
    select text from lines order by place collate "C"`);
  const head =
    '-- Made by `npm run schema` from the migrations, compared by a test. Without dated partitions.\n';
  return `${head}\n${rows.map((row) => row.text).join('\n')}\n`;
}
