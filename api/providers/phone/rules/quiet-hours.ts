/** For how many seconds it is night yet, in the place where the night lasts longest; 0 when it is night nowhere. */
export type QuietHours = (nowMs: number) => number;

type Asked = { from: string; to: string; timeZones: readonly string[] };

const DAY_SEC = 24 * 3600;

/** Clock times of the places themselves, whatever they do to their clocks in summer. */
export function quietHours({ from, to, timeZones }: Asked): QuietHours {
  const clocks = timeZones.map((timeZone) => clockOf(timeZone));
  const [begin, end] = [secondsOf(from), secondsOf(to)];
  return (nowMs) => Math.max(...clocks.map((clock) => leftOf(clock(nowMs), begin, end)));
}

function leftOf(time: number, begin: number, end: number): number {
  const isNight = begin < end ? begin <= time && time < end : begin <= time || time < end;
  return isNight ? (end - time + DAY_SEC) % DAY_SEC : 0;
}

function clockOf(timeZone: string): (nowMs: number) => number {
  // Made once: it takes longer than everything else here.
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium", hourCycle: "h23" });
  return (nowMs) => secondsOf(format.format(nowMs));
}

/** `21:00` or `21:00:59`. */
function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}
