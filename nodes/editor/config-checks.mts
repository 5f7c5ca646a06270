import { plain } from './plain.mts';
import { isEnvironment } from './number-check.mts';
import { text } from './text.mts';

const schemes = { restUrl: ['https:', 'http:'], mqttUrl: ['mqtts:', 'wss:', 'mqtt:', 'ws:'] };
const encrypted = ['https:', 'mqtts:', 'wss:'];
const thisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is on the open form, otherwise what is saved: validation also runs without a form. */
function current(node: EditedNode, property: string): unknown {
  const input = $(`#node-config-input-${property}`);
  if (input.length === 0) return node[property];
  return input.is('[type=checkbox]') ? input.is(':checked') : input.val();
}

/** An address of one's own platform; only looked at when the region says so. */
export function checkAddress(property: 'restUrl' | 'mqttUrl'): Validator {
  return function (value, _options) {
    if (current(this, 'region') !== 'own' || isEnvironment(value)) return true;
    const url = parse(plain(value).trim());
    if (!url || !schemes[property].includes(url.protocol) || url.hostname === '') {
      return text(`flespi-config.invalid.${property}`);
    }
    const readable = !encrypted.includes(url.protocol) && !thisMachine.test(url.hostname);
    return readable && current(this, 'allowPlain') !== true ? text('flespi-config.invalid.plain') : true;
  };
}

function parse(address: string): URL | undefined {
  try {
    // The browser's URL knows no host in mqtt: addresses, so the scheme is put back afterwards.
    const [, scheme = '', rest = ''] = /^([a-z]+:)(\/\/.*)$/i.exec(address) ?? [];
    const url = new URL(`http:${rest}`);
    return { protocol: scheme.toLowerCase(), hostname: url.hostname } as URL;
  } catch {
    return undefined;
  }
}

/** `false` means that an example was imported and no token entered yet. Older flows have no such property: fine. */
export const checkTokenSet: Validator = function (value, _options) {
  return value === false ? text('flespi-config.invalid.token') : true;
};
