import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const sets = ['flespi-config', 'flespi-request', 'flespi-subscribe', 'flespi-rpc'];
const languages = readdirSync(join(root, 'locales'));

type Texts = { [key: string]: string | Texts };

const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const catalogue = (language: string, set: string): Texts =>
  JSON.parse(read('locales', language, `${set}.json`)) as Texts;

function flat(texts: Texts, prefix = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') all.set(prefix + key, value);
    else for (const [path, text] of flat(value, `${prefix}${key}.`)) all.set(path, text);
  }
  return all;
}

const placeholders = (text: string): string[] => [...new Set(text.match(/__\w+?__/g))].toSorted();

const sources = (folder: string, pattern: RegExp): string =>
  readdirSync(join(root, folder))
    .filter((file) => pattern.test(file))
    .map((file) => read(folder, file))
    .join('\n');

/** Every code of the union in flespi-error.ts. */
const codes = [...read('nodes', 'protocol', 'flespi-error.ts').matchAll(/\| '(FLESPI_\w+)'/g)].map(
  ([, code]) => code as string,
);

describe('message catalogues', () => {
  const english = new Map(sets.map((set) => [set, flat(catalogue('en-US', set))]));

  for (const language of languages) {
    for (const set of sets) {
      it(`${language}/${set}: the same keys as en-US, nothing empty, no value forgotten`, () => {
        const texts = flat(catalogue(language, set));
        const reference = english.get(set) ?? new Map<string, string>();
        assert.deepEqual([...texts.keys()].toSorted(), [...reference.keys()].toSorted());
        for (const [key, text] of texts) {
          const wanted = reference.get(key) ?? '';
          assert.equal(text.trim() === '', wanted.trim() === '', key);
          const extra = placeholders(text).filter((name) => !placeholders(wanted).includes(name));
          assert.deepEqual(extra, [], key);
        }
      });

      it(`${language}/${set}: has help in the usual form`, () => {
        const help = read('locales', language, `${set}.html`);
        assert.match(help, new RegExp(`data-help-name="${set}"`));
        assert.equal(help.match(/<p>/g)?.length, help.match(/<\/p>/g)?.length);
        assert.equal(help.match(/<h3>/g)?.length, read('locales', 'en-US', `${set}.html`).match(/<h3>/g)?.length);
      });
    }

    it(`${language}: a sentence for every error code, and no other`, () => {
      const sentences = catalogue(language, 'flespi-config')['error'] as Texts;
      assert.deepEqual(Object.keys(sentences).toSorted(), codes.toSorted());
    });

    it(`${language}: every code is in the help of the account`, () => {
      const help = read('locales', language, 'flespi-config.html');
      for (const code of codes) assert.ok(help.includes(`<code>${code}</code>`), code);
    });

    it(`${language}: a phrase for every problem that the protocol names`, () => {
      const texts = flat(catalogue(language, 'flespi-config'));
      for (const [code, problem] of namedProblems())
        assert.ok(texts.has(`problem.${code}.${problem}`), `${code} ${problem}`);
    });
  }

  it('every text that a form asks for is there', () => {
    const html = sources('nodes', /\.html$/) + sources('nodes/editor', /\.html$/);
    const keys = [...html.matchAll(/data-i18n="(?:\[[\w-]+\])?([^"]+)"/g)].map(([, key]) => key as string);
    assert.ok(keys.length > 60);
    for (const key of keys) {
      if (key.startsWith('node-red:')) continue;
      const shared = key.startsWith('shared:');
      const found = shared
        ? english.get('flespi-config')?.has(key.slice('shared:'.length))
        : [...english.values()].some((texts) => texts.has(key));
      assert.ok(found, key);
    }
  });

  it('every text that a script asks for by its whole name is there', () => {
    const scripts = sources('nodes/editor', /\.mts$/) + sources('nodes', /\.editor\.mts$/);
    const keys = [...scripts.matchAll(/\btext\('([\w.-]+)'/g)].map(([, key]) => key as string);
    assert.ok(keys.length > 40);
    const subscribe = english.get('flespi-subscribe');
    for (const key of keys) {
      assert.ok(english.get('flespi-config')?.has(key) || subscribe?.has(`flespi-subscribe.${key}`), key);
    }
  });

  it('no text is there that nobody asks for', () => {
    const all = ['nodes', 'nodes/editor', 'nodes/protocol', 'nodes/protocol/expression']
      .map((folder) => sources(folder, /\.(mts|ts|html)$/))
      .join('\n');
    // Asked for with a name that is put together at run time.
    const composed =
      /^(error|problem|expression|incomplete|name|palette|call\.words|call\.functions|call\.selector|call\.range|call\.methods|status|flespi-subscribe\.(entry|level|category|hint|part|filter|retain|qos)|flespi-config\.(test|invalid))\b/;
    for (const [set, texts] of english) {
      for (const key of texts.keys()) {
        if (composed.test(key)) continue;
        const short = key.replace(/^flespi-(subscribe|config|rpc|request)\./, '');
        assert.ok(all.includes(key) || all.includes(`'${short}'`) || key.endsWith('paletteLabel'), `${set}: ${key}`);
      }
    }
  });
});

/** Problems that are written as such in the protocol, with the code that they belong to. */
function namedProblems(): [string, string][] {
  const found: [string, string][] = [];
  const protocol = (file: string): string => read('nodes', 'protocol', `${file}.ts`);
  const words = (text: string, from: RegExp): string[] => {
    const start = text.search(from);
    assert.ok(start >= 0, String(from));
    return [...text.slice(start, text.indexOf(';', start)).matchAll(/'([a-z-]+)'/g)].map(([, word]) => word as string);
  };
  for (const word of words(protocol('path'), /export type PathProblem/)) found.push(['FLESPI_BAD_PATH', word]);
  for (const word of words(protocol('selector'), /export type SelectorProblem/))
    found.push(['FLESPI_BAD_SELECTOR', word]);
  for (const word of words(protocol('http-failure'), /export type ConnectionProblem/))
    found.push(['FLESPI_CONNECTION_FAILED', word]);
  for (const word of words(protocol('call'), /export type Incomplete/)) void word;
  for (const [, word] of protocol('link-failure').matchAll(/problem: '([\w-]+)'/g))
    found.push(['FLESPI_CONNECTION_FAILED', word as string]);
  for (const [, word] of protocol('mqtt-refusal').matchAll(/refusal\('([\w-]+)'/g))
    found.push(['FLESPI_CONNECTION_REFUSED', word as string]);
  const topics = protocol('topic-check');
  const table = topics.slice(topics.indexOf('const problems = {'), topics.indexOf('} as const'));
  for (const [, quoted, bare] of table.matchAll(/^ {2}(?:'([\w-]+)'|(\w+)):/gm))
    found.push(['FLESPI_BAD_TOPIC', (quoted ?? bare) as string]);
  return found;
}
