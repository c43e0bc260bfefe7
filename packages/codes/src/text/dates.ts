/**
 * The last second of a day printed as YYYYMMDD in the given offset (`+08:00`); undefined when it is no
 * date.
 */
export function endOfDay(day: string | undefined, offset: string): Date | undefined {
  return day === undefined ? undefined : stampDate(`${day}235959`, offset);
}

/** The instant printed as YYYYMMDDhhmmss in the given offset; undefined when it is no date. */
export function stampDate(stamp: string, offset: string): Date | undefined {
  if (!/^\d{14}$/.test(stamp)) return undefined;
  const parts = stamp.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6');
  const date = new Date(parts + offset);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The instant printed as 13 digits of Unix milliseconds. */
export function millisecondsDate(text: string | undefined): Date | undefined {
  return text !== undefined && /^\d{13}$/.test(text) ? new Date(Number(text)) : undefined;
}
