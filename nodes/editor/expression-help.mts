import { usableFunctions } from './error-sentence.mts';
import { text } from './text.mts';

const operators = ['==  !=  <  <=  >  >=  ~', '&&  ||  not(x)  if(x, a, b)', '+  -  *  /  %  &  |  ^  <<  >>', '$name'];

/** A button that opens a short reference of the expression language inside `place`. */
export function expressionHelp(place: JQuery): JQuery {
  const name = text('call.expressionHelp.button');
  const button = $('<button>', {
    type: 'button',
    class: 'red-ui-button',
    'aria-label': name,
    'aria-expanded': 'false',
  }).append($('<i>', { class: 'fa fa-question', 'aria-hidden': 'true' }));
  RED.popover.tooltip(button, name);
  button.on('click', () => {
    const shown = place.children('.flespi-expression-help');
    button.attr('aria-expanded', String(shown.length === 0));
    if (shown.length > 0) shown.remove();
    else place.append(reference());
  });
  return button;
}

function reference(): JQuery {
  const functions = $('<dl>');
  for (const { name, usage } of usableFunctions) {
    functions.append($('<dt>').append($('<code>').text(usage)), $('<dd>').text(text(`call.functions.${name}`)));
  }
  return $('<div>', { class: 'flespi-picker flespi-expression-help', tabindex: 0, role: 'note' }).append(
    $('<p>').text(text('call.expressionHelp.intro')),
    $('<p>').append(operators.map((line) => $('<code>').text(line))),
    $('<p>').text(text('call.expressionHelp.missing')),
    functions,
  );
}
