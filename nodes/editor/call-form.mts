import { plain } from './plain.mts';
import { findResource, nearestResource, parametersOf } from '../protocol/find-resource.ts';
import { slotsOf } from '../protocol/path.ts';
import { isSeries } from '../protocol/read-parameters.ts';
import { rowsSelectAll, writes } from './call-checks.mts';
import { previewOf } from './call-preview.mts';
import { stateOfForm } from './call-state.mts';
import { combobox } from './combobox.mts';
import { expressionMistake, sentenceOf } from './error-sentence.mts';
import { fieldsFor, suggestFields } from './field-names.mts';
import { showDefaults } from './missing-properties.mts';
import { resourceTitle, searchResources } from './resources.mts';
import { SelectorRows, type SelectorRow } from './selector-rows.mts';
import { text } from './text.mts';
import { typedField } from './typed-field.mts';

const dynamic = ['msg', 'flow', 'global', 'env', 'jsonata'];
const input = (property: string): JQuery => $(`#node-input-${property}`);

/** The behaviour of the form that flespi-request and flespi-rpc share. One at a time: the editor opens one such dialog. */
export class CallForm {
  readonly #transport: 'http' | 'mqtt';
  readonly #rows: SelectorRows;
  #due: number | undefined;

  constructor(node: EditedNode, transport: 'http' | 'mqtt') {
    this.#transport = transport;
    showDefaults(node, 'node-input');
    const changed = (): void => this.#refreshSoon();
    const rows = Array.isArray(node['selectors']) ? (node['selectors'] as Partial<SelectorRow>[]) : [];
    this.#rows = new SelectorRows($('#flespi-selectors'), rows, () => plain(input('account').val()), changed);
    this.#typedInputs();
    combobox(input('template'), text('call.resource'), searchResources);
    input('template').on('change input', changed);
    $('#dialog-form').on('change.flespi input.flespi', changed);
    this.#bodyFollows();
    this.#refresh();
  }

  /** Writes what has no input of its own name. */
  save(node: EditedNode): void {
    this.#refresh();
    node['selectors'] = this.#rows.rows;
  }

  /** For save and cancel alike. */
  close(): void {
    clearTimeout(this.#due);
    $('#dialog-form').off('.flespi');
  }

  #typedInputs(): void {
    const fields: TypedInputType = {
      value: 'str',
      label: text('call.text'),
      icon: 'red/images/typedInput/az.svg',
      autoComplete: (typed) => suggestFields(typed, fieldsFor(plain(input('template').val()))),
    };
    const none: TypedInputType = { value: 'none', label: text('call.noBody'), hasValue: false };
    const types: Record<string, (string | TypedInputType)[]> = {
      fields: [fields, ...dynamic],
      limit: ['num', ...dynamic],
      offset: ['num', ...dynamic],
      count: ['num', ...dynamic],
      cid: ['num', ...dynamic],
      from: ['str', ...dynamic],
      to: ['str', ...dynamic],
      filter: ['str', ...dynamic],
      data: ['json', ...dynamic],
      body: ['msg', 'json', 'jsonata', 'flow', 'global', none],
      ...(input('responseCid').length > 0 ? { responseCid: ['num', ...dynamic] } : {}),
    };
    for (const [property, accepted] of Object.entries(types)) {
      typedField(input(property), {
        default: typeof accepted[0] === 'object' ? accepted[0].value : (accepted[0] ?? 'str'),
        types: accepted,
        typeField: `#node-input-${property}Type`,
      });
    }
  }

  /** As long as nobody chose a body, it is the payload where the resource takes one, and none where it does not. */
  #bodyFollows(): void {
    const untouched = (): boolean => {
      const type = input('body').typedInput('type');
      return type === 'none' || (type === 'msg' && input('body').typedInput('value') === 'payload');
    };
    let follows = untouched();
    input('body').on('change', () => {
      follows = untouched();
    });
    const asked = (): string => `${plain(input('method').val())} ${plain(input('template').val())}`;
    let before = asked();
    $('#node-input-method, #node-input-template').on('change', () => {
      // The editor says "changed" of every input once when the dialog opens.
      if (asked() === before) return;
      before = asked();
      const method = input('method').val();
      if (!follows || method === 'GET') return;
      const resource = findResource(plain(input('template').val()));
      const takesNone = method === 'DELETE' || (resource !== undefined && resource.bodyHint === undefined);
      input('body').typedInput('type', takesNone ? 'none' : 'msg');
      if (!takesNone) input('body').typedInput('value', 'payload');
      follows = true;
    });
  }

  #refreshSoon(): void {
    clearTimeout(this.#due);
    this.#due = window.setTimeout(() => this.#refresh(), 60);
  }

  #refresh(): void {
    const template = plain(input('template').val()).trim();
    try {
      this.#rows.show(slotsOf(template));
    } catch {
      // The preview says what is wrong with the path; the rows stay as they were.
    }
    this.#showParts(template);
    this.#showNotes(template);
    this.#showPreview();
  }

  /** What the resource and the method understand, and nothing else. */
  #showParts(template: string): void {
    const parameters = parametersOf(template);
    const method = plain(input('method').val() ?? 'GET');
    const reads = method === 'GET' || method === 'msg';
    const series = reads && isSeries(parameters);
    const collection = reads && parameters === 'collection';
    const range = plain(input('range').val() ?? 'last');
    const walks = input('results').val() !== 'page';

    $('#flespi-part-range').toggle(series);
    $('#flespi-row-last').toggle(range === 'last' || range === 'previous');
    $('#flespi-range-amount-label').text(text(range === 'previous' ? 'call.range.first' : 'call.range.amount'));
    $('.flespi-row-between').toggle(range === 'between');
    $('#flespi-row-reverse').toggle(range !== 'previous');
    $('#flespi-row-fields').toggle(method !== 'DELETE');
    $('#flespi-row-body').toggle(method !== 'GET');
    $('#flespi-part-results').toggle(series || collection);
    $('#flespi-row-most').toggle(walks);
    $('.flespi-row-paging').toggle(collection);
    $('.flespi-row-offset').toggle(collection && !walks);
    $('#flespi-row-count').toggle(series);
    $('#flespi-row-data').toggle(reads || method === 'DELETE');
    $('#flespi-row-in-flight').toggle(collection && walks);
    $('#flespi-row-repeat-unsafe').toggle(method !== 'GET');
    $('#flespi-row-all-confirmed').toggle((writes(method) || method === 'msg') && rowsSelectAll(this.#rows.rows));

    const known = findResource(template);
    for (const option of $('#node-input-method option').toArray()) {
      const value = String($(option).val());
      // Never the chosen one: the preview explains it instead of changing it silently.
      $(option).prop(
        'disabled',
        known !== undefined &&
          value !== 'msg' &&
          value !== method &&
          !(known.methods as readonly string[]).includes(value),
      );
    }
  }

  #showNotes(template: string): void {
    const resource = findResource(template);
    $('#flespi-resource-note').text(resource ? resourceTitle(resource) : unknownPath(template));
    $('#flespi-body-note').text(resource?.bodyHint ? text('call.bodyExample', { example: resource.bodyHint }) : '');
    const filter = plain(input('filter').val()).trim();
    const mistake = filter !== '' && input('filterType').val() === 'str' ? expressionMistake(filter) : undefined;
    $('#flespi-filter-note')
      .text(mistake ?? '')
      .toggleClass('flespi-wrong', mistake !== undefined);
  }

  #showPreview(): void {
    const place = $('#flespi-preview');
    const state = stateOfForm(this.#rows.rows);
    try {
      const { line, readable } = previewOf(state, this.#transport);
      place.removeClass('flespi-wrong').text(line);
      $('#flespi-preview-readable').text(readable ?? '');
    } catch (error) {
      place.addClass('flespi-wrong').text(sentenceOf(error));
      $('#flespi-preview-readable').text('');
    }
  }
}

/** Paths that the catalogue lacks can be called all the same; most are slips, though. */
function unknownPath(template: string): string {
  if (template === '') return '';
  const near = nearestResource(template);
  return near ? text('call.didYouMean', { template: near.template }) : text('call.unknownPath');
}

/** What a call node is called when its author gave it no name. */
export function callLabel(node: EditedNode): string {
  const template = plain(node['template']);
  const rows = Array.isArray(node['selectors']) ? (node['selectors'] as Partial<SelectorRow>[]) : [];
  let next = 0;
  const path = template.replace(/:[A-Za-z][\w-]*/g, (slot) => {
    const { kind = 'all', field = '', value = '', type = 'str' } = rows[next++] ?? {};
    if (kind === 'all') return 'all';
    if (type !== 'str' && type !== 'num') return slot;
    if (kind === 'field') return `${field}=${value}`;
    if (kind === 'group') return `groups.id=${value}`;
    return kind === 'expression' ? `{${value}}` : value || slot;
  });
  const method = node['method'] === 'msg' ? 'msg.method' : plain(node['method'] ?? 'GET');
  const label = `${method} ${path}`;
  return label.length > 60 ? `${label.slice(0, 58)}…` : label;
}
