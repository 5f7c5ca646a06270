import { plain } from './plain.mts';
import { combobox } from './combobox.mts';
import { expressionHelp } from './expression-help.mts';
import { expressionMistake } from './error-sentence.mts';
import { fieldsOfSlot, suggestFields } from './field-names.mts';
import { canPick, itemPicker } from './item-picker.mts';
import { pathWord, text } from './text.mts';
import { typedField } from './typed-field.mts';

/** One slot's selector as the node saves it. */
export interface SelectorRow {
  kind: string;
  field: string;
  value: string;
  type: string;
}

/** Slots that are filled with names, not with ids of items. */
const named = ['parameters', 'settings', 'idents', 'topics', 'subscriptions'];

const dynamic = ['msg', 'flow', 'global', 'env', 'jsonata'];

const kindsFor = (slot: string): string[] => {
  if (slot === 'devices') return ['all', 'ids', 'field', 'group', 'expression', 'typed', 'raw'];
  if (named.includes(slot)) return ['all', 'ids', 'typed', 'raw'];
  return ['all', 'ids', 'field', 'expression', 'typed', 'raw'];
};

/** Empty until something is chosen: `all` is what a read usually starts with, and what a write must be asked for. */
export const newRow = (): SelectorRow => ({ kind: 'all', field: '', value: '', type: 'str' });

/**
 * The rows of a form, one for each slot of the resource. What was said of a slot stays, also while another resource is
 * looked at; it is never taken for a slot of another name.
 */
export class SelectorRows {
  readonly #container: JQuery;
  readonly #account: () => string;
  readonly #changed: () => void;
  /** As the node has them; their slots are known when the resource is. */
  readonly #saved: readonly Partial<SelectorRow>[];
  readonly #rows = new Map<string, SelectorRow>();
  #slots: readonly string[] = [];

  constructor(container: JQuery, rows: readonly Partial<SelectorRow>[], account: () => string, changed: () => void) {
    this.#container = container;
    this.#account = account;
    this.#changed = changed;
    this.#saved = rows;
  }

  /** What the node saves: as many as there are slots. */
  get rows(): SelectorRow[] {
    return this.#slots.map((_, index) => ({ ...this.#row(index) }));
  }

  show(slots: readonly string[]): void {
    if (slots.join() === this.#slots.join()) return;
    this.#slots = slots;
    if (this.#rows.size === 0) {
      for (const index of slots.keys()) this.#rows.set(this.#key(index), { ...newRow(), ...this.#saved[index] });
    }
    this.#container.empty().append(slots.map((slot, index) => this.#draw(slot, index)));
    for (const [index] of slots.entries()) this.#drawValue(index);
  }

  #row(index: number): SelectorRow {
    const row = this.#rows.get(this.#key(index)) ?? newRow();
    this.#rows.set(this.#key(index), row);
    return row;
  }

  /** A path of one's own may have two slots of the same name. */
  #key(index: number): string {
    const slot = this.#slots[index] ?? '';
    return `${slot} ${this.#slots.slice(0, index).filter((other) => other === slot).length}`;
  }

  #element(index: number): JQuery {
    return this.#container.children().eq(index);
  }

  #draw(slot: string, index: number): JQuery {
    const row = this.#row(index);
    const kinds = kindsFor(slot);
    if (!kinds.includes(row.kind)) row.kind = row.value === '' ? 'all' : 'raw';
    const id = `flespi-selector-${index}`;
    const select = $('<select>', { id, 'aria-label': text('call.selector.kindOf', { slot: pathWord(slot) }) });
    for (const kind of kinds) {
      const word = kind === 'ids' && named.includes(slot) ? 'names' : kind;
      select.append($('<option>', { value: kind }).text(text(`call.selector.${word}`)));
    }
    select.val(row.kind).on('change', () => {
      row.kind = String(select.val());
      // A value that was meant for one kind is rarely one for another; a source (msg, flow, ...) is for any.
      if (!dynamic.includes(row.type)) row.value = '';
      row.type = row.kind === 'typed' ? (dynamic.includes(row.type) ? row.type : 'msg') : row.type;
      this.#drawValue(index);
      this.#changed();
    });
    const icon = $('<i>', { class: 'fa fa-filter', 'aria-hidden': 'true' });
    const label = $('<label>', { for: id, title: slot }).append(icon, ' ', $('<span>').text(pathWord(slot)));
    return $('<div>', { class: 'form-row flespi-selector', 'data-slot': slot }).append(label, select);
  }

  #drawValue(index: number): void {
    const element = this.#element(index);
    const row = this.#row(index);
    const slot = this.#slots[index] ?? '';
    element.children().slice(2).remove();
    element.toggleClass('flespi-alone', row.kind === 'all');
    if (row.kind === 'all') return;
    if (row.kind === 'field') this.#drawField(element, row, slot);

    const input = $('<input>', { type: 'text', placeholder: hintFor(row.kind, slot) });
    const holder = $('<div>', { class: 'flespi-selector-value' }).append(input);
    const note = $('<div>', { class: 'flespi-note', 'aria-live': 'polite' });
    element.append(holder);
    const tell = (): void => {
      const mistake =
        row.kind === 'expression' && row.type === 'str' && row.value !== ''
          ? expressionMistake(inner(row.value))
          : undefined;
      note.text(mistake ?? '').toggleClass('flespi-wrong', mistake !== undefined);
    };
    input.val(row.value);
    const name = text('call.selector.valueOf', { slot: pathWord(slot) });
    typedField(input, { default: row.type, types: typesFor(row.kind, slot) }, name);
    input.typedInput('type', row.type);
    input.typedInput('value', row.value);
    input.on('change', () => {
      row.value = input.typedInput('value');
      row.type = input.typedInput('type');
      tell();
      this.#changed();
    });
    if (row.kind === 'ids' && canPick(slot)) this.#drawPicker(element, input, row, slot, false);
    if (row.kind === 'group') this.#drawPicker(element, input, row, 'groups', true);
    if (row.kind === 'expression') element.append(expressionHelp(element));
    element.append(note);
    row.type = input.typedInput('type');
    tell();
  }

  #drawField(element: JQuery, row: SelectorRow, slot: string): void {
    const field = $('<input>', {
      type: 'text',
      'aria-label': text('call.selector.fieldOf', { slot: pathWord(slot) }),
      placeholder: text('call.selector.fieldHint'),
      spellcheck: 'false',
    });
    element.append(field);
    field.val(row.field).on('change input', () => {
      row.field = plain(field.val()).trim();
      this.#changed();
    });
    combobox(field, text('call.selector.fieldOf', { slot: pathWord(slot) }), (typed) =>
      fieldsOfSlot(slot)
        .filter((name) => name.includes(typed.trim().toLowerCase()))
        .map((value) => ({ value })),
    );
  }

  #drawPicker(element: JQuery, input: JQuery, row: SelectorRow, slot: string, single: boolean): void {
    const name = text('call.selector.pick');
    const button = $('<button>', {
      type: 'button',
      class: 'red-ui-button',
      'aria-label': name,
      'aria-expanded': 'false',
    });
    button.append($('<i>', { class: 'fa fa-list', 'aria-hidden': 'true' }));
    RED.popover.tooltip(button, name);
    element.append(button);
    button.on('click', () => {
      const open = element.find('.flespi-picker');
      if (open.length > 0) return;
      button.attr('aria-expanded', 'true');
      const chosen =
        row.type === 'str'
          ? row.value
              .split(',')
              .map((id) => id.trim())
              .filter(Boolean)
          : [];
      const panel = itemPicker({
        slot,
        account: this.#account(),
        chosen,
        single,
        use: (ids) => {
          input.typedInput('type', 'str');
          input.typedInput('value', ids.join(', '));
          input.trigger('change');
        },
        closed: () => button.attr('aria-expanded', 'false').trigger('focus'),
      });
      element.append(panel);
    });
  }
}

const inner = (expression: string): string => {
  const trimmed = expression.trim();
  return trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1) : trimmed;
};

function hintFor(kind: string, slot: string): string {
  if (kind === 'ids') return text(named.includes(slot) ? 'call.selector.namesHint' : 'call.selector.idsHint');
  if (kind === 'field') return text('call.selector.fieldValueHint');
  return text(`call.selector.${kind}Hint`);
}

function typesFor(kind: string, slot: string): (string | TypedInputType)[] {
  if (kind === 'typed') return dynamic;
  const plain: TypedInputType = { value: 'str', label: text('call.asText'), icon: 'red/images/typedInput/az.svg' };
  if (kind === 'ids' && slot === 'parameters') plain.autoComplete = (typed) => suggestFields(typed, fieldsOfSlot(slot));
  return [plain, ...dynamic];
}
