/** What an agent decides: accept, hold, override, and take it back. */

import { h } from '../dom.js';
import { there } from '../model.js';
import { PLAIN, aside, button, deed, lacks, line, named, noticed, option, section } from './parts.js';

/** To accept one of these would settle nothing. */
const OPEN = ['needs_information', 'awaiting_inspection', 'needs_review'];

/** The section. */
export function deciding(state, say, does) {
  const { answer, fields, saves, overriding } = state;
  const { decision, state: where } = answer;
  const field = fields?.agent_decision;
  if (!field?.id || where !== 'claim') return null;
  const [on, reasons] = [there(state, 'agent_decision'), there(state, 'agent_decision_reason')];
  return section('deciding', say('decision'),
    on || saves ? [
      h('div', { class: 'line' }, decision
        ? [line('taken', 'person', say(`by.${deed(decision.what)}`)), button('undo', say(`undo.${deed(decision.what)}`), does.undo)]
        : [PLAIN.filter((one) => one === 'hold' || !OPEN.includes(answer.verdict.status)).map((one) => button(one, say(`decision.${one}`), () => does.decide(one))),
          (reasons || saves) && button('override', say('decision.override'), does.overriding, { 'aria-expanded': String(overriding) })]),
      overriding && !decision && override(state, field, say, does),
      !decision && [aside(say(on && reasons ? 'decision.submit' : 'decision.saves')), aside(say('decision.stays'))],
    ] : lacks(field, say),
    noticed(state, 'decision', say));
}

function override(state, field, say, does) {
  const statuses = field.options.filter((one) => one.means && !PLAIN.includes(one.means));
  const onsubmit = (event) => {
    event.preventDefault();
    const { to, why } = event.target.elements;
    const wrong = [to, why].filter((input) => {
      const empty = !input.value.trim();
      input.setAttribute('aria-invalid', empty);
      event.target.querySelector(`#${input.id}-wrong`).hidden = !empty;
      return empty;
    });
    if (wrong.length) wrong[0].focus();
    else does.decide(to.value, why.value.trim());
  };
  const input = (tag, id, value, key, wrong, more, ...children) => [
    h('label', { for: id }, say(key)),
    h(tag, { id, name: id, 'data-k': id, value, required: true, 'aria-describedby': `${id}-wrong`, ...more }, children),
    h('div', { id: `${id}-wrong`, role: 'alert', hidden: true }, line('lacks', 'warn', say(wrong))),
  ];
  return h('form', { class: 'override', novalidate: true, onsubmit },
    input('select', 'to', state.override, 'decision.to', 'decision.no_status', { onchange: ({ target }) => { state.override = target.value; } },
      option('', say('decision.choose')), statuses.map((one) => option(one.means, named(one.means, say, one.label)))),
    input('textarea', 'why', state.reason, 'decision.why', 'decision.no_reason', {
      rows: 2, maxlength: 500, dir: 'auto', oninput: ({ target }) => { state.reason = target.value; },
    }),
    h('div', { class: 'line' },
      h('button', { class: 'main', 'data-k': 'confirm' }, say('decision.confirm')),
      button('cancel', say('cancel'), does.overriding, { class: 'quiet' })));
}
