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
export function findLastCutOff(schedule: ClearingSchedule, now: Date): Date | undefined {
  // Three days reach over any offset and clock change.
  const days = [0, -1, -2].map((back) =>
    localDate(schedule.timeZone, new Date(now.getTime() + back * dayMs)),
  );
  const candidates = days.flatMap((day) =>
    schedule.cutOffs.map((cutOff) => toInstant(schedule.timeZone, `${day}T${cutOff}:00Z`)),
  );
  const past = candidates.filter((timeMs) => timeMs <= now.getTime());
  return past.length === 0 ? undefined : new Date(Math.max(...past));
}

/** True when a cut-off has come since the cycle was opened. */
export function isCloseDue(schedule: ClearingSchedule, openedAt: Date, now: Date): boolean {
  const cutOff = findLastCutOff(schedule, now);
  return cutOff !== undefined && cutOff > openedAt;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

function localDate(timeZone: string, at: Date): string {
  return new Date(at.getTime() + offsetMs(timeZone, at.getTime())).toISOString().slice(0, 10);
}

/** The first instant at which clocks there show this or later. */
function toInstant(timeZone: string, wallClock: string): number {
  const wallMs = Date.parse(wallClock);
  // The offset of the day before or that of the day after holds at the instant, or it lies between them.
  const offsets = [offsetMs(timeZone, wallMs - dayMs), offsetMs(timeZone, wallMs + dayMs)];
  const exact = offsets
    .map((offset) => wallMs - offset)
    .filter((timeMs) => timeMs + offsetMs(timeZone, timeMs) === wallMs);
  return exact.length > 0 ? Math.min(...exact) : Math.max(...offsets.map((offset) => wallMs - offset));
}

/** How far clocks of a time zone are ahead of UTC at an instant. */
function offsetMs(timeZone: string, timeMs: number): number {
  const parts = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  }).formatToParts(timeMs);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  const shown = `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}Z`;
  return Date.parse(shown) - Math.floor(timeMs / 1000) * 1000;
}
