import { text } from './text.mts';

/**
 * Node-RED's typed input, with what it lacks: what is seen has the name of its label (or `name`, where there is no label)
 * and is reached by a click on it, and what is typed counts at once and not when the field is left.
 */
export function typedField(input: JQuery, options: TypedInputOptions, name?: string): void {
  input.typedInput(options);
  const container = input.next('.red-ui-typedInput-container');
  const shown = container.find('.red-ui-typedInput-input').attr('spellcheck', 'false');
  const label = name === undefined ? $(`label[for="${input.attr('id')}"]`) : $();
  const called = name ?? label.text().trim();
  if (label.length > 0) {
    const id = `${input.attr('id')}-shown`;
    shown.attr('id', id);
    label.attr('for', id);
  } else {
    shown.attr('aria-label', called);
  }
  shown.on('input', () => {
    input.val(input.typedInput('value'));
    input.trigger('change');
  });

  const trigger = container.find('.red-ui-typedInput-type-select');
  const nameParts = (): void => {
    const source = trigger.attr('title') || trigger.text().trim();
    trigger.attr({ 'aria-label': `${called}: ${source}`, 'aria-haspopup': 'menu' });
    const expand = container.find('.red-ui-typedInput-option-expand');
    expand.attr({ 'aria-label': text('call.expand', { name: called }), title: text('call.expand', { name: called }) });
  };
  input.on('change', nameParts);
  nameParts();
}
