import { plain } from './plain.mts';

/** Asks the runtime on behalf of an open form. Relative addresses: only then does the editor add its login and admin root. */
export function askRuntime<Answer>(path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    $.ajax({
      url: `flespi-config/${path}`,
      type: body ? 'POST' : 'GET',
      dataType: 'json',
      timeout: 20_000,
      ...(body ? { contentType: 'application/json', data: JSON.stringify(body) } : {}),
    }).then(
      (answer: Answer) => resolve(answer),
      (failed: JQueryXHR) => reject(new RuntimeRefusal(failed.responseJSON as { message?: string } | undefined)),
    );
  });
}

/** Has the runtime's sentence for people, where it sent one. */
export class RuntimeRefusal extends Error {
  readonly sentence: string | undefined;

  constructor(answer: { message?: string } | undefined) {
    super(answer?.message ?? 'no answer');
    this.sentence = answer?.message;
  }
}

/** What the runtime needs to know of an account that is not deployed as it is on the screen. */
export function describeAccount(value: (property: string) => string, ticked: (property: string) => boolean): object {
  const texts = ['token', 'region', 'restUrl', 'mqttUrl', 'mqttVia', 'tls', 'proxy', 'cid'];
  return {
    ...Object.fromEntries(texts.map((property) => [property, value(property)])),
    allowPlain: ticked('allowPlain'),
  };
}

/** What the editor shows in the place of a stored password. */
const stored = '__PWRD__';

/**
 * Asks for the items of an account: of the deployed one, or, while its token was only just typed, with that token. So
 * that choosing works before the first deploy.
 */
export function askForItems<Answer>(id: string, path: string): Promise<Answer> {
  const node = RED.nodes.node(id);
  const credentials = node?.['credentials'] as { token?: unknown } | undefined;
  const token = plain(credentials?.token);
  if (!node || token === '' || token === stored) return askRuntime(`${id}/${path}`);
  const value = (property: string): string => (property === 'token' ? token : plain(node[property]));
  return askRuntime(
    `${id}/${path}`,
    describeAccount(value, (property) => node[property] === true),
  );
}
