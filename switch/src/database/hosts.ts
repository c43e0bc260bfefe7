/** One server of a database that runs on several. */
export interface DatabaseHost {
  /** `host:port`, for people. */
  readonly name: string;
  /** A URL of this host alone. */
  readonly url: string;
}

/**
 * The servers a DATABASE_URL names, in its order. The form is libpq's:
 * `postgresql://user:password@one:5432,two:5432,three:5432/barlink?target_session_attrs=read-write`.
 */
export function listHosts(url: string): readonly [DatabaseHost, ...DatabaseHost[]] {
  const parts = /^(postgres(?:ql)?:\/\/)((?:[^@/]*@)?)([^/?]*)(.*)$/.exec(url);
  const [, scheme = '', user = '', hosts = '', rest = ''] = parts ?? [];
  if (!hosts.includes(',')) {
    return [{ name: hosts, url }];
  }
  const path = withoutTarget(rest);
  const listed = hosts.split(',').map((name) => ({ name, url: `${scheme}${user}${name}${path}` }));
  return listed as [DatabaseHost, ...DatabaseHost[]];
}

/** node-postgres does not know this parameter; with several hosts it is what we do anyway. */
function withoutTarget(rest: string): string {
  const [path = '', query = ''] = rest.split('?');
  const kept = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('target_session_attrs='));
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}
