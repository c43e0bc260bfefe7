import type { ClearingSchedule } from '@barlink/protocol';
import { ClearingError } from './errors.ts';

/** A cycle that no schedule ends is closed by the operator. */
export const noSchedule: ClearingSchedule = { timeZone: 'UTC', cutOffs: [] };

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/;

/** @throws {ClearingError} `SCHEDULE_TIME_ZONE_UNKNOWN`, `SCHEDULE_CUT_OFF_INVALID` */
export function assertSchedule({ timeZone, cutOffs }: ClearingSchedule): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new ClearingError('SCHEDULE_TIME_ZONE_UNKNOWN', { path: '/timeZone' });
  }
  cutOffs.forEach((cutOff, at) => {
    // Strictly later than the one before: in order, and none twice.
    if (!timeOfDay.test(cutOff) || (at > 0 && cutOff <= (cutOffs[at - 1] ?? ''))) {
      throw new ClearingError('SCHEDULE_CUT_OFF_INVALID', { path: `/cutOffs/${at}` });
    }
  });
}

/**
 * The latest cut-off at or before an instant (spec/clearing.md 1.5). A time of day that a clock change leaves
 * out counts when the clock has gone past it; one that comes twice counts the first time.
 */
export function findLastCutOff({ timeZone, cutOffs }: ClearingSchedule, now: Date): Date | undefined {
  if (cutOffs.length === 0) {
    return undefined;
  }
  const offsetMs = createOffsets(timeZone);
  const localDate = (atMs: number) => new Date(atMs + offsetMs(atMs)).toISOString().slice(0, 10);
  // Three days reach over any offset and clock change.
  const days = [0, -1, -2].map((back) => localDate(now.getTime() + back * dayMs));
  const past = days
    .flatMap((day) => cutOffs.map((cutOff) => toInstant(Date.parse(`${day}T${cutOff}:00Z`), offsetMs)))
    .filter((timeMs) => timeMs <= now.getTime());
  return past.length === 0 ? undefined : new Date(Math.max(...past));
}

/** True when a cut-off has come since the cycle was opened. */
export function isCloseDue(schedule: ClearingSchedule, openedAt: Date, now: Date): boolean {
  const cutOff = findLastCutOff(schedule, now);
  return cutOff !== undefined && cutOff > openedAt;
}

const dayMs = 24 * 60 * 60_000;

/** The first instant at which clocks there show this or later. */
function toInstant(wallMs: number, offsetMs: (timeMs: number) => number): number {
  // The offset of the day before or that of the day after holds at the instant, or it lies between them.
  const candidates = [wallMs - offsetMs(wallMs - dayMs), wallMs - offsetMs(wallMs + dayMs)];
  const exact = candidates.filter((timeMs) => timeMs + offsetMs(timeMs) === wallMs);
  return exact.length > 0 ? Math.min(...exact) : Math.max(...candidates);
}

/** How far clocks of a time zone are ahead of UTC at an instant. */
function createOffsets(timeZone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  });
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const date = ['year', 'month', 'day'].map((type) => parts.get(type as 'year')).join('-');
    const time = ['hour', 'minute', 'second'].map((type) => parts.get(type as 'hour')).join(':');
    return Date.parse(`${date}T${time}Z`) - Math.floor(timeMs / 1000) * 1000;
  };
}
