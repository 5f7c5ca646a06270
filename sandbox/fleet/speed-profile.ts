/** One drive without a stop: speed up, keep the speed, brake. Metres, seconds, metres per second. */
export interface SpeedProfile {
  readonly entry: number;
  readonly top: number;
  readonly acceleration: number;
  readonly braking: number;
  /** Seconds of the three parts. */
  readonly rise: number;
  readonly cruise: number;
  readonly fall: number;
}

/**
 * The quickest drive over `length` metres that enters and leaves with the given speeds and keeps to the limit. On a short
 * stretch the limit is not reached.
 */
export function speedProfile(
  length: number,
  entry: number,
  exit: number,
  limit: number,
  acceleration: number,
  braking: number,
): SpeedProfile {
  const reachable =
    (2 * acceleration * braking * length + braking * entry ** 2 + acceleration * exit ** 2) / (acceleration + braking);
  const top = Math.max(entry, exit, Math.min(limit, Math.sqrt(reachable)));
  const rising = (top ** 2 - entry ** 2) / (2 * acceleration);
  const falling = (top ** 2 - exit ** 2) / (2 * braking);
  return {
    entry,
    top,
    acceleration,
    braking,
    rise: (top - entry) / acceleration,
    cruise: Math.max(0, length - rising - falling) / top,
    fall: (top - exit) / braking,
  };
}

export function durationOf(profile: SpeedProfile): number {
  return profile.rise + profile.cruise + profile.fall;
}

/** Metres driven and speed, so many seconds after the entry; inside the drive. */
export function driveAt(profile: SpeedProfile, seconds: number): { distance: number; speed: number } {
  const { entry, top, acceleration, braking, rise, cruise } = profile;
  if (seconds <= rise) {
    return { distance: (entry + (acceleration * seconds) / 2) * seconds, speed: entry + acceleration * seconds };
  }
  const risen = ((entry + top) / 2) * rise;
  const steady = seconds - rise;
  if (steady <= cruise) return { distance: risen + top * steady, speed: top };
  const late = steady - cruise;
  return {
    distance: risen + top * cruise + (top - (braking * late) / 2) * late,
    speed: Math.max(0, top - braking * late),
  };
}
