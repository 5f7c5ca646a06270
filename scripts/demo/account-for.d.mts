/** What the demo's account node must hold to reach that platform; the token is not part of it. */
export function accountFor(sandbox: { http: string; mqtt: string } | undefined): Record<string, unknown>;
