import { plain } from './plain.mts';
import { askForItems } from './account-request.mts';
import { pathWord, text } from './text.mts';

/** Collections that the runtime lists for dialogs; the runtime has the same list and refuses all others. */
const kinds = ['devices', 'channels', 'groups', 'calcs', 'streams', 'geofences', 'plugins', 'assets'];

export const canPick = (slot: string): boolean => kinds.includes(slot);

interface Item {
  id: number;
  name: string;
}

interface Items {
  items: Item[];
  /** There are more than were sent. */
  more: boolean;
}

interface PickerOptions {
  slot: string;
  /** Id of the account node. */
  account: string;
  /** Ids that are chosen already. */
  chosen: readonly string[];
  /** Only one, as for a group. */
  single: boolean;
  use: (ids: readonly string[]) => void;
  closed: () => void;
}

/** A list of the account's items to tick, with a search that runs at flespi. Returns the panel; it removes itself. */
export function itemPicker({ slot, account, chosen, single, use, closed }: PickerOptions): JQuery {
  const selected = new Set(chosen);
  const search = $('<input>', {
    type: 'text',
    placeholder: text('call.selector.search'),
    'aria-label': text('call.selector.search'),
  });
  const list = $('<ul>', { 'aria-label': text('call.selector.pickTitle', { slot: pathWord(slot) }) });
  const note = $('<div>', { class: 'flespi-picker-note', role: 'status', 'aria-live': 'polite' });
  const ok = $('<button>', { type: 'button', class: 'red-ui-button' }).text(text('call.selector.use'));
  const cancel = $('<button>', { type: 'button', class: 'red-ui-button' }).text(text('call.selector.close'));
  const panel = $('<div>', {
    class: 'flespi-picker',
    role: 'group',
    'aria-label': text('call.selector.pickTitle', { slot: pathWord(slot) }),
  });
  panel.append(search, list, note, $('<div>').append(ok, ' ', cancel));

  let latest = 0;
  let timer: number | undefined;

  const show = ({ items, more }: Items): void => {
    list.empty().append(
      items.map(({ id, name }) => {
        const box = $('<input>', { type: single ? 'radio' : 'checkbox', name: 'flespi-picked' });
        box.prop('checked', selected.has(String(id))).on('change', () => {
          if (single) selected.clear();
          if (box.prop('checked')) selected.add(String(id));
          else selected.delete(String(id));
        });
        return $('<li>').append(
          $('<label>').append(box, $('<span>').text(name), $('<span>', { class: 'flespi-id' }).text(id)),
        );
      }),
    );
    note.text(
      items.length === 0 ? text('call.selector.none') : more ? text('call.selector.more', { count: items.length }) : '',
    );
  };

  const load = async (): Promise<void> => {
    latest += 1;
    const mine = latest;
    note.text(text('call.selector.loading'));
    try {
      const query = $.param({ search: plain(search.val()).trim() });
      const found = await askForItems<Items>(account, `items/${slot}?${query}`);
      // An answer that was overtaken by the next search is not wanted any more.
      if (mine === latest) show(found);
    } catch (error) {
      if (mine !== latest) return;
      list.empty();
      const nobody = account === '' || account === '_ADD_';
      note.text(nobody ? text('call.selector.noAccount') : (error as Error).message);
    }
  };

  const close = (): void => {
    clearTimeout(timer);
    latest += 1;
    panel.remove();
    closed();
  };
  search.on('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void load(), 300);
  });
  ok.on('click', () => {
    use([...selected]);
    close();
  });
  cancel.on('click', close);
  panel.on('keydown', (event) => {
    if (event.key !== 'Escape') return;
    // Closes the list, not the whole dialog.
    event.stopPropagation();
    close();
  });
  void load();
  window.setTimeout(() => search.trigger('focus'));
  return panel;
}
