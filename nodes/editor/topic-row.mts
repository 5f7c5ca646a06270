import { isPlace, needsMessage, withStandIns } from '../protocol/topic.ts';
import { plain } from './plain.mts';
import { expressionMistake, sentenceOf } from './error-sentence.mts';
import { expressionHelp } from './expression-help.mts';
import { messageParameters, suggestFields } from './field-names.mts';
import { canPick, itemPicker } from './item-picker.mts';
import { placeField } from './place-field.mts';
import { packageName } from './text.mts';
import { isOpen, levelWords, topicDirectory, type TopicCategory } from './topic-directory.mts';
import { draftOf, modelOf, newModel, topicOf, type TopicModel } from './topic-model.mts';

/** One subscription as the node saves it. */
export interface TopicRow {
  topic: string;
  /** `0` or `1`. */
  qos: string;
  /** MQTT 5 retain handling: `0` always, `1` when the subscription is new, `2` never. */
  rh: string;
}

const text = (key: string, values: Record<string, string | number> = {}): string =>
  RED._(`${packageName}/flespi-subscribe:flespi-subscribe.${key}`, values);

const categories: readonly TopicCategory[] = ['message', 'state', 'interval', 'log', 'other'];

let made = 0;

/** Draws one row of the list into its container; the row itself is kept up to date. */
export function drawTopicRow(container: JQuery, row: TopicRow, account: () => string, open: boolean): void {
  const form = new TopicRowForm(container, row, account, open);
  form.follow();
  if (open) form.focus();
}

/** One row of the list: the exact topic, and below it the builder that writes it and is written by it. */
class TopicRowForm {
  readonly #row: TopicRow;
  readonly #account: () => string;
  readonly #topic = $('<input>', {
    type: 'text',
    spellcheck: 'false',
    'aria-label': text('topic'),
    class: 'flespi-topic',
  });
  readonly #note = $('<div>', { class: 'flespi-note', role: 'status', 'aria-live': 'polite' });
  readonly #builder = $('<div>', { class: 'flespi-builder' });
  #model: TopicModel = newModel();

  constructor(container: JQuery, row: TopicRow, account: () => string, open: boolean) {
    this.#row = row;
    this.#account = account;
    made += 1;
    const builderId = `flespi-builder-${made}`;
    this.#builder.attr({ id: builderId, role: 'group', 'aria-label': text('builder') }).toggle(open);
    const toggle = $('<button>', {
      type: 'button',
      class: 'red-ui-button',
      'aria-label': text('builder'),
      'aria-expanded': String(open),
      'aria-controls': builderId,
    }).append($('<i>', { class: 'fa fa-sliders', 'aria-hidden': 'true' }));
    RED.popover.tooltip(toggle, text('builder'));
    toggle.on('click', () => {
      this.#builder.toggle();
      toggle.attr('aria-expanded', String(this.#builder.is(':visible')));
    });
    const qos = this.#select('qos', ['0', '1'], row.qos, (value) => {
      row.qos = value;
    });
    container
      .addClass('flespi-topic-row')
      .append($('<div>', { class: 'flespi-topic-line' }).append(this.#topic, qos, toggle), this.#note, this.#builder);
    this.#topic.val(row.topic);
  }

  /** From now on the parts of the row follow each other. */
  follow(): void {
    this.#topic.on('input change', () => this.#typed());
    this.#typed();
  }

  /** When the list has put the row in. */
  focus(): void {
    window.setTimeout(() => this.#topic.trigger('focus'));
  }

  /** The topic was typed or pasted: the builder follows. */
  #typed(): void {
    this.#row.topic = plain(this.#topic.val()).trim();
    if (/^\$[{(].+[)}]$/.test(this.#row.topic)) {
      // The environment knows the topic; there is nothing to take apart yet.
      this.#say();
      return;
    }
    try {
      this.#model = modelOf(this.#row.topic);
      this.#say(this.#mistake());
    } catch (error) {
      this.#model = { ...newModel(), entry: undefined, path: this.#row.topic };
      this.#say(sentenceOf(error));
    }
    this.#draw();
  }

  /** The builder was used: the topic follows. */
  #built(): void {
    let mistake: string | undefined;
    try {
      this.#row.topic = topicOf(this.#model);
    } catch (error) {
      this.#row.topic = draftOf(this.#model);
      mistake = this.#mistake() ?? sentenceOf(error);
    }
    this.#topic.val(this.#row.topic);
    this.#say(mistake);
  }

  #mistake(): string | undefined {
    for (const which of ['payload', 'message'] as const) {
      const mistake =
        this.#model[which].trim() === '' ? undefined : expressionMistake(withStandIns(this.#model[which]));
      if (mistake !== undefined) return `${text(`filter.${which}`)}: ${mistake}`;
    }
    return undefined;
  }

  /** The mistake; or the topic as it reads, where the line above is encoded or too short for it. */
  #say(mistake?: string): void {
    const { topic } = this.#row;
    const readable = decoded(topic);
    const waits = needsMessage(topic) ? text('waits') : '';
    this.#note
      .text(mistake ?? [readable === topic && topic.length < 40 ? '' : readable, waits].filter(Boolean).join(' · '))
      .toggleClass('flespi-wrong', mistake !== undefined);
    this.#topic.toggleClass('input-error', mistake !== undefined);
  }

  #draw(): void {
    const model = this.#model;
    const what = $('<select>');
    for (const category of categories) {
      const group = $('<optgroup>', { label: text(`category.${category}`) });
      for (const { key } of topicDirectory.filter((entry) => entry.category === category)) {
        group.append($('<option>', { value: key }).text(text(`entry.${key}`)));
      }
      if (category === 'other') group.append($('<option>', { value: '' }).text(text('entry.other')));
      what.append(group);
    }
    what.val(model.entry?.key ?? '').on('change', () => {
      const path = model.entry ? topicPath(model) : model.path;
      model.entry = topicDirectory.find(({ key }) => key === what.val());
      model.values = [];
      model.path = path;
      this.#built();
      this.#draw();
    });
    this.#builder.empty().append(this.#line(text('what'), what));

    if (model.entry) {
      const slots = model.entry.levels.filter((level) => isOpen(level)).map((level) => level.slice(1));
      for (const [index, slot] of slots.entries()) this.#drawLevel(slot, index);
    } else {
      this.#drawText('path', 'pathHint');
    }
    this.#builder.append($('<div>', { class: 'flespi-builder-heading' }).text(text('filter.title')));
    this.#drawExpression('payload');
    this.#drawExpression('message');
    this.#drawPlace('cid', 'cidHint');
    this.#drawPlace('since', 'sinceHint');
    this.#builder.append($('<div>', { class: 'flespi-builder-heading' }).text(text('share.title')));
    this.#drawText('group', 'groupHint');
    this.#drawText('stickyCount', 'stickyCountHint');
    this.#drawText('stickyFrom', 'stickyFromHint');
    this.#builder.append($('<div>', { class: 'flespi-builder-heading' }).text(text('retain.title')));
    const retain = this.#select('retain.label', ['0', '1', '2'], this.#row.rh, (value) => {
      this.#row.rh = value;
    });
    this.#builder.append(this.#line(text('retain.label'), retain));
  }

  #drawLevel(slot: string, index: number): void {
    const model = this.#model;
    const input = $('<input>', { type: 'text', placeholder: text('any') });
    const line = this.#line(text(`level.${slot}`), input);
    this.#builder.append(line);
    const words = slot === 'parameters' ? messageParameters : levelWords[slot];
    const put = placeField(input, {
      value: model.values[index] ?? '',
      ...(words && { complete: (typed) => suggestFields(typed, words) }),
      changed: (value) => {
        model.values[index] = value;
        this.#built();
      },
    });
    if (canPick(slot)) this.#drawPicker(line, slot, () => model.values[index] ?? '', put);
  }

  #drawPicker(line: JQuery, slot: string, ids: () => string, put: (ids: string) => void): void {
    const name = text('pick');
    const button = $('<button>', {
      type: 'button',
      class: 'red-ui-button',
      'aria-label': name,
      'aria-expanded': 'false',
    });
    RED.popover.tooltip(button.append($('<i>', { class: 'fa fa-list', 'aria-hidden': 'true' })), name);
    line.append(button);
    button.on('click', () => {
      if (line.next('.flespi-picker').length > 0) return;
      button.attr('aria-expanded', 'true');
      // A place is not among the items, and whoever picks wants them instead of it.
      const chosen = ids()
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== '' && !isPlace(id));
      const panel = itemPicker({
        slot,
        account: this.#account(),
        chosen,
        single: false,
        use: (picked) => put(picked.join(',')),
        closed: () => button.attr('aria-expanded', 'false').trigger('focus'),
      });
      line.after(panel);
    });
  }

  #drawExpression(which: 'payload' | 'message'): void {
    const plainValue = which === 'payload' && this.#model.entry?.category === 'state';
    const line = this.#drawText(which, plainValue ? 'payloadStateHint' : `${which}Hint`);
    line.append(expressionHelp(line));
  }

  #drawPlace(property: 'cid' | 'since', hint: string): void {
    const model = this.#model;
    const input = $('<input>', { type: 'text', placeholder: text(`hint.${hint}`) });
    this.#builder.append(this.#line(text(`part.${property}`), input));
    placeField(input, {
      value: model[property],
      changed: (value) => {
        model[property] = value;
        this.#built();
      },
    });
  }

  #drawText(property: Exclude<keyof TopicModel, 'entry' | 'values'>, hint: string): JQuery {
    const model = this.#model;
    const input = $('<input>', { type: 'text', spellcheck: 'false', placeholder: text(`hint.${hint}`) });
    input.val(model[property]).on('input change', () => {
      model[property] = plain(input.val());
      this.#built();
    });
    const name = property === 'payload' || property === 'message' ? `filter.${property}` : `part.${property}`;
    const line = this.#line(text(name), input);
    this.#builder.append(line);
    return line;
  }

  #line(name: string, field: JQuery): JQuery {
    made += 1;
    const id = `flespi-part-${made}`;
    field.attr('id', id);
    return $('<div>', { class: 'flespi-builder-line' }).append($('<label>', { for: id }).text(name), field);
  }

  #select(name: string, values: readonly string[], chosen: string, use: (value: string) => void): JQuery {
    const select = $('<select>', { 'aria-label': text(name === 'qos' ? 'qos.label' : name) });
    for (const value of values) {
      select.append($('<option>', { value }).text(text(`${name === 'qos' ? 'qos' : 'retain'}.${value}`)));
    }
    return select
      .val(values.includes(chosen) ? chosen : (values[0] ?? ''))
      .on('change', () => use(String(select.val())));
  }
}

function decoded(topic: string): string {
  try {
    return decodeURIComponent(topic);
  } catch {
    return topic;
  }
}

const topicPath = ({ entry, values, path }: TopicModel): string => {
  if (!entry) return path;
  let next = 0;
  return entry.levels.map((level) => (isOpen(level) ? values[next++] || '+' : level)).join('/');
};
