/** What if: facts as they might be, and the verdict that would follow. Nothing is written. */

import { h, p } from '../dom.js';
import { aside, button, control, fold, judgement, line, looks, option, payer, title } from './parts.js';
import { clauses } from './reasons.js';

/** The section. */
export function trying(state, say, does) {
  const { answer, fields, whatIf, trouble } = state;
  if (!fields) return null;
  const tried = Object.keys(whatIf);
  const some = tried.length > 0;
  const would = !trouble && answer.what_if;
  const facts = Object.keys(fields).filter((key) => fields[key].role === 'fact' && !tried.includes(key));
  const missing = answer.missing.map((one) => one.fact);
  const onchange = ({ target: { value: key } }) => does.tryOut(key, state.window?.get(key) ?? null);
  return fold('trying', say('what_if'),
    aside(say('what_if.never')),
    tried.map(trial),
    h('select', { 'data-k': 'try', 'aria-label': say('what_if.add'), onchange },
      option('', say('what_if.add')),
      group('what_if.missing', facts.filter((key) => missing.includes(key))),
      group('what_if.facts', facts.filter((key) => !missing.includes(key)))),
    some && outcome(answer, would, say),
    some && button('reset', say('what_if.reset'), () => does.reset({})));

  function trial(key) {
    const name = title(state, key);
    return h('div', { class: 'try' }, h('span', { class: 'name' }, name),
      control(fields[key], {
        'data-k': `try-${key}`, 'aria-label': name, value: whatIf[key], unknown: say('unknown'), options: fields[key].options, change: (value) => does.tryOut(key, value),
      }),
      button(`untry-${key}`, '×', () => does.tryOut(key), { class: 'quiet', 'aria-label': say('what_if.without', { fact: name }) }));
  }

  function group(label, keys) {
    return keys.length > 0 && h('optgroup', { label: say(label) }, keys.map((key) => option(key, title(state, key))));
  }
}

function outcome(answer, would, say) {
  return would ? h('div', { class: 'would' },
    h('div', { class: 'beside' }, side('what_if.now', answer, say), side('what_if.would', would, say)),
    would.clauses.length > 0 && clauses(would.clauses)) : aside(say('loading'));
}

function side(heading, of, say) {
  const [tone, sign] = looks(of.verdict.status);
  return h('div', { class: `side ${tone}` }, h('h3', say(heading)),
    line('', sign, h('strong', judgement(of, say))),
    p('', say('freight'), ': ', payer(of.freight.payer, say, of.freight.label)),
    of.remedy.kind !== 'none' && p('', of.remedy.label));
}
