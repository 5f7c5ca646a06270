import { FlespiError, type FlespiErrorCode } from '../protocol/flespi-error.ts';
import { sentenceOf } from './error-sentence.mts';
import { plain } from './plain.mts';
import { text } from './text.mts';

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
      (failed: JQueryXHR) => reject(new RuntimeRefusal(failed.responseJSON as Refusal | undefined)),
    );
  });
}

interface Refusal {
  code?: FlespiErrorCode;
  attempted?: string;
  params?: Record<string, string | number>;
  statusCode?: number;
  message?: string;
}

/** Why the runtime did not do what the form asked, in the editor's language. */
export class RuntimeRefusal extends Error {
  constructor(answer: Refusal | undefined) {
    super(answer ? sentenceFor(answer) : text('flespi-config.test.noAnswer'));
  }
}

function sentenceFor({ code, attempted = '', params = {}, statusCode, message = '' }: Refusal): string {
  if (code === undefined) return message;
  return sentenceOf(new FlespiError(code, { attempted, params, ...(statusCode === undefined ? {} : { statusCode }) }));
}

/** What the runtime needs to know of an account that is not deployed as it is on the screen. */
export function describeAccount(value: (property: string) => string, ticked: (property: string) => boolean): object {
  const texts = ['token', 'region', 'restUrl', 'mqttUrl', 'mqttVia', 'tls', 'proxy', 'cid'];
  return {
    // `_ADD_` is the editor's choice for "none" where a node of another type can be referred to.
    ...Object.fromEntries(texts.map((property) => [property, value(property).replace(/^_ADD_$/, '')])),
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
