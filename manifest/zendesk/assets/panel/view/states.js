/** Where the panel stands, said plainly, each with what to do about it. */

import { h, icon, p } from '../dom.js';
import { there } from '../model.js';
import { aside, button, noticed } from './parts.js';

const QUIET = ['claim', 'no_claim', 'over'];
const KNOWN = [...QUIET, 'off', 'not_set_up'];

/** Whether there is a verdict to show. */
export const judged = (answer) => Boolean(answer?.verdict && answer.counts && answer.freight && answer.remedy);

/** A line for each thing that is to be said first. */
export function standing(state, say, does) {
  const { answer, trouble, ticket, saves } = state;
  const where = answer && (KNOWN.includes(answer.state) ? answer.state : 'newer');
  const claim = where === 'no_claim';
  const alone = !judged(answer) || (claim && ticket !== null);
  const lines = [
    trouble && ['bad', troubled(trouble, say), 'look'],
    trouble && judged(answer) && ['todo', say('old')],
    !trouble && answer?.as_of && ['todo', say('as_of', { moment: say.moment(answer.as_of) }), 'look'],
    where && where !== 'claim' && [QUIET.includes(where) ? 'wait' : 'todo', say(`state.${where}${claim && !alone ? '_new' : ''}`), claim && (saves || there(state, 'claim')) && 'claim'],
    ['shadow', 'notes'].includes(answer?.mode) && ['wait', say(`mode.${answer.mode}`)],
  ].filter(Boolean);
  return lines.length > 0 && h('div', { class: 'states' },
    alone && h('h1', { class: 'unseen' }, 'Warranty Desk'),
    lines.map(([tone, words, what]) => h('div', { class: `state ${tone}` },
      icon(tone === 'wait' ? 'look' : 'warn'), h('div', p('', words),
        what === 'look' && button('look', say(trouble && state.asking ? 'loading' : 'retry'), does.look),
        what === 'claim' && button('claim', say('claim.mark'), does.claim)))),
    noticed(state, 'claim', say));
}

function troubled({ kind, wait }, say) {
  return say(`trouble.${kind}`) + (wait === null ? '' : ` ${say('trouble.again', { count: Math.ceil(wait) })}`);
}

/** The last lines: having it decided again, and what it rests on. */
export function foot(state, say, does) {
  const { answer: { state: where, verdict }, ticket, again } = state;
  const able = where === 'claim' && ticket !== null;
  return h('footer',
    able && button('again', say(again ? 'again.waiting' : 'again'), () => again || does.again(), { 'aria-disabled': again && 'true' }),
    noticed(state, 'again', say),
    aside(say('edition', { edition: verdict.policy_edition, day: say.day(verdict.decided_on) })));
}
