/** The resolution of flespi's timestamps: a microsecond. */
const step = 0.000_001;
/** A clock that is set back further than this starts anew. */
const patience = 1;

/**
 * Makes the times of messages: unix seconds, each a little later than the one before. Clients take two messages on one topic with the same
 * `timestamp` for one that came twice (flespi-io-js).
 */
export function stamper(now: () => number): () => number {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const time = now();
    last = time > last || time < last - patience ? time : last + step;
    return last;
  };
}
