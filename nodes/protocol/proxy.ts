import { FlespiError } from './flespi-error';

/** Where to find the proxy. */
export interface ProxySetting {
  url: string;
  username?: string;
  password?: string;
  /** Hosts to reach without it: `example.com` with all below it, `.example.com`, `host:port`, `*`. */
  noProxy?: readonly string[];
}

export interface ChosenProxy {
  /** Without credentials. */
  uri: string;
  /** Value of `Proxy-Authorization`. */
  authorization?: string;
}

/** The proxy for an origin, or nothing. Throws FLESPI_BAD_INPUT for an address that is none. */
export function chooseProxy(origin: string, setting: ProxySetting): ChosenProxy | undefined {
  const { url, username, password, noProxy = [] } = setting;
  if (url.trim() === '' || isExempt(new URL(origin), noProxy)) return undefined;
  let proxy: URL;
  try {
    proxy = new URL(url.includes('://') ? url : `http://${url}`);
  } catch {
    // Without the address itself: it may hold a password.
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: 'proxy',
      params: { problem: 'address', name: 'proxy', given: '' },
    });
  }
  const user = username ?? decodeURIComponent(proxy.username);
  const secret = password ?? decodeURIComponent(proxy.password);
  return {
    uri: `${proxy.protocol}//${proxy.host}`,
    ...(user === '' ? {} : { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }),
  };
}

/** The setting that the environment makes for an origin, in lower or upper case as every command-line tool reads it. */
export function proxyOfEnvironment(origin: string, environment: NodeJS.ProcessEnv): ProxySetting {
  const read = (name: string): string => environment[name] ?? environment[name.toUpperCase()] ?? '';
  const url = read(new URL(origin).protocol === 'https:' ? 'https_proxy' : 'http_proxy') || read('all_proxy');
  return { url, noProxy: read('no_proxy').split(/[\s,]+/) };
}

function isExempt(target: URL, noProxy: readonly string[]): boolean {
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const host = target.hostname.toLowerCase();
  return noProxy.some((entry) => {
    const [, name = '', wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry.trim().toLowerCase()) ?? [];
    if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
    const suffix = name.replace(/^\*?\./, '');
    return suffix === '*' || host === suffix || host.endsWith(`.${suffix}`);
  });
}
