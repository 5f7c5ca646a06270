const usual = 1000;
const slowest = 5000;
const patience = 8000;

/**
 * Asks the flow once a second what has changed and hands it on. After a failure it says so and asks again, a little less
 * often each time; it never gives up.
 */
export function follow(address, { onUpdate, onLost }) {
  let list = 0;
  let changes = 0;
  let failures = 0;

  async function ask() {
    try {
      const query = `?list=${list}&since=${changes}`;
      const response = await fetch(`${address}/vehicles${query}`, { signal: AbortSignal.timeout(patience) });
      if (!response.ok) throw new Error(`Node-RED answered ${response.status}`);
      const update = await response.json();
      ({ list, changes } = update);
      failures = 0;
      onUpdate(update);
    } catch {
      failures += 1;
      onLost(failures);
    }
    setTimeout(ask, Math.min(slowest, usual * Math.max(1, failures)));
  }
  void ask();
}

/** Where the vehicles were lately: a list of latitude, longitude and time for each. None is no reason to complain. */
export async function trailsOf(address) {
  try {
    const response = await fetch(`${address}/trails`, { signal: AbortSignal.timeout(30_000) });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

/** All that is known of one vehicle, asked from flespi now. */
export async function telemetryOf(address, id) {
  const response = await fetch(`${address}/vehicles/${id}`, { signal: AbortSignal.timeout(patience) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `Node-RED answered ${response.status}`);
  return answer.telemetry ?? {};
}
