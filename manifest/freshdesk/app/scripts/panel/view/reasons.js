/** Why: what decided, what was presumed, what could not be read, what was decided before. */

import { h, icon, p } from '../dom.js';
import { aside, badge, deed, fold, looks, named, section } from './parts.js';

/** Clauses with their sentences; of a verdict or of a what-if. */
export function clauses(list) {
  return h('ul', { class: 'clauses' }, list.map(({ clause, sentence, because }) => h('li', badge(clause),
    h('div', p('', sentence), because && h('p', { class: 'because', dir: 'auto' }, because)))));
}

/** The clauses that decided. */
export function why({ answer: { clauses: list, counts } }, say) {
  const own = counts.by === 'policy';
  return list.length > 0 && section('why', say(own ? 'why' : 'why.policy'), clauses(list));
}

/** What is taken for true until somebody says otherwise. */
export function presumed({ answer: { presumed: list } }, say) {
  return list.length > 0 && fold('presumed', say('presumed', { count: list.length }),
    h('ul', list.map((one) => h('li', one.words))));
}

/** Fields whose value is none that they may have. */
export function misread({ answer: { misread: list } }, say) {
  return list.length > 0 && section('misread', say('misread'),
    h('ul', list.map(({ field, value, expected }) => h('li', icon('warn'), h('div',
      p('', h('strong', field), ' ', h('q', { dir: 'auto' }, String(value ?? ''))),
      aside(say('misread.expected', { expected })))))));
}

/** The changes of the verdict, the newest first. */
export function history({ answer: { history: list } }, say) {
  return list.length > 0 && fold('history', say('history', { count: list.length }),
    h('ol', { class: 'past' }, list.map(past)));

  function past({ at, status, clauses: ids, shown, decision }) {
    const [tone, sign] = looks(status);
    const agent = decision && say(`by.${deed(decision)}`);
    const other = shown && shown !== status && say('standing', { verdict: named(shown, say) });
    return h('li', { class: tone }, icon(sign), h('div',
      p('', h('strong', named(status, say, status)), ' ', ids.map(badge)),
      aside(h('time', { datetime: at }, say.moment(at)), [agent, other].map((one) => one && ` · ${one}`))));
  }
}
