import { isPlace, placesOf } from '../protocol/topic.ts';
import { plain } from './plain.mts';
import { text } from './text.mts';
import { typedField } from './typed-field.mts';

const sources = ['msg', 'flow', 'global', 'env'];

export interface PlaceFieldOptions {
  /** A text, or a place such as `{{payload.device}}`. */
  value: string;
  /** What the text may be completed to. */
  complete?: (typed: string) => { value: string; label: string }[];
  changed: (value: string) => void;
}

/**
 * A typed input for a part of a topic: a text, or where its value comes from when the node subscribes. The input is on the page
 * already, with its label. Returns how to put a text in.
 */
export function placeField(input: JQuery, { value, complete, changed }: PlaceFieldOptions): (text: string) => void {
  const asText: TypedInputType = { value: 'str', label: text('call.asText'), icon: 'red/images/typedInput/az.svg' };
  if (complete) asText.autoComplete = complete;
  const source = sourceOf(value);
  typedField(input, { default: source.type, types: [asText, ...sources] });
  input.typedInput('type', source.type);
  input.typedInput('value', source.value);
  input.on('change', () => changed(placeFor(input.typedInput('type'), plain(input.typedInput('value')))));
  return (put) => {
    input.typedInput('type', 'str');
    input.typedInput('value', put);
    input.trigger('change');
  };
}

/** What the typed input shows for a part of a topic. */
export function sourceOf(value: string): { type: string; value: string } {
  const [place] = isPlace(value) ? placesOf(value) : [];
  return place ? { type: place.source, value: place.path } : { type: 'str', value };
}

/** The part of a topic that the typed input means. */
export function placeFor(type: string, value: string): string {
  if (type === 'str' || value.trim() === '') return type === 'str' ? value : '';
  const [, store, key = ''] = /^#:\((.+?)\)::(.*)$/s.exec(value) ?? ['', undefined, value];
  const named = type !== 'msg' || sources.some((source) => key.startsWith(`${source}.`));
  return `{{${named ? `${type}${store === undefined ? '' : `[${store}]`}.` : ''}${key}}}`;
}
