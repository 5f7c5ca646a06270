import { plain } from './plain.mts';
export interface Choice {
  value: string;
  /** Shown larger; the value itself when left out. */
  title?: string;
  /** Shown beside it. */
  note?: string;
}

let made = 0;

/**
 * Suggestions under a text input, chosen by mouse or keyboard, with free text always allowed: the ARIA combobox pattern.
 * `search` gets what stands in the input, or an empty text when the list is opened by its button or the down key.
 */
export function combobox(input: JQuery, name: string, search: (typed: string) => readonly Choice[]): void {
  made += 1;
  const listId = `flespi-choices-${made}`;
  const list = $('<ul>', { id: listId, class: 'flespi-choices', role: 'listbox', 'aria-label': name }).hide();
  const button = $('<button>', {
    type: 'button',
    class: 'red-ui-button flespi-open',
    tabindex: -1,
    'aria-label': name,
  }).append($('<i>', { class: 'fa fa-caret-down', 'aria-hidden': 'true' }));
  const wrap = $('<div>', { class: 'flespi-combobox' });
  input.before(wrap);
  wrap.append(input, button, list);
  input.attr({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': listId, 'aria-expanded': 'false' });

  let choices: readonly Choice[] = [];
  let at = -1;

  const close = (): void => {
    list.hide();
    input.attr('aria-expanded', 'false').removeAttr('aria-activedescendant');
    at = -1;
  };

  const mark = (index: number): void => {
    at = choices.length === 0 ? -1 : (index + choices.length) % choices.length;
    list
      .children()
      .attr('aria-selected', 'false')
      .eq(at)
      .attr('aria-selected', 'true')[0]
      ?.scrollIntoView({ block: 'nearest' });
    input.attr('aria-activedescendant', `${listId}-${at}`);
  };

  const choose = (index: number): void => {
    const choice = choices[index];
    close();
    if (choice) input.val(choice.value).trigger('input').trigger('change').trigger('focus');
  };

  const open = (typed: string): void => {
    choices = search(typed);
    at = -1;
    if (choices.length === 0) return close();
    list
      .empty()
      .append(
        choices.map(({ value, title = value, note }, index) =>
          $('<li>', { id: `${listId}-${index}`, role: 'option', 'aria-selected': 'false' }).append(
            $('<span>').text(title),
            note === undefined ? '' : $('<code>').text(note),
          ),
        ),
      );
    list.show()[0]?.scrollIntoView({ block: 'nearest' });
    input.attr('aria-expanded', 'true');
  };

  // The mouse must not take the focus away before its click has chosen.
  list.on('mousedown', (event) => event.preventDefault());
  list.on('click', 'li', (event) => choose($(event.currentTarget).index()));
  button.on('mousedown', (event) => event.preventDefault());
  button.on('click', () => {
    const shown = list.is(':visible');
    input.trigger('focus');
    if (shown) close();
    else open('');
  });
  input.on('input', (event) => {
    if (event.originalEvent) open(plain(input.val()));
  });
  input.on('blur', close);
  input.on('keydown', (event) => {
    const shown = list.is(':visible');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!shown) open('');
      else mark(at + (event.key === 'ArrowDown' ? 1 : at < 0 ? 0 : -1));
    } else if (event.key === 'Enter' && shown && at >= 0) {
      event.preventDefault();
      choose(at);
    } else if (event.key === 'Escape' && shown) {
      // Otherwise the editor would close the whole dialog.
      event.stopPropagation();
      close();
    }
  });
}
