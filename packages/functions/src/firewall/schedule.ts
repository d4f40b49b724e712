import type { Schedule } from './rule.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MINUTES = 24 * 60;

/** `at` lies in the schedule, in UTC. */
export function isWithin({ days, from, until }: Schedule, at: Date): boolean {
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  const [begin, end] = [minutesOf(from), minutesOf(until)];
  const today = at.getUTCDay();
  const isDay = (day: number) => days === undefined || days.some((name) => name === DAYS[day]);
  if (begin < end) return isDay(today) && begin <= minute && minute < end;
  // Over midnight: the evening of its day, or the morning after.
  return (minute >= begin && isDay(today)) || (minute < end % DAY_MINUTES && isDay((today + 6) % 7));
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
