/** The verdict at a glance: what counts, who pays the freight, the remedy, by when. */

import { h, icon, p } from '../dom.js';
import { between } from '../words.js';
import { badge, deed, judgement, line, looks, named, payer } from './parts.js';

/** Days left from which a deadline is near. */
const NEAR = 7;

/** The card on top. */
export function verdict({ answer, ticket, trouble, unsaved }, say) {
  const [tone, sign] = looks(counting(answer));
  const own = answer.counts.by === 'policy';
  return h('section', { class: `card ${tone}${trouble ? ' old' : ''}`, 'aria-label': say('verdict') },
    h('h1', icon(answer.decision?.what === 'hold' ? 'hold' : sign), h('span', statusWords(answer, say))),
    own ? reason(answer).map((one) => p('reason', one)) : decided(answer, say),
    h('dl', { class: 'facts' },
      row(say('freight'), freight(answer, say)),
      // Of a person's verdict the service tells neither.
      counting(answer) === answer.verdict.status && [
        answer.remedy.kind !== 'none' && row(say('remedy'), remedy(answer.remedy, say)),
        row(say('deadline'), deadline(answer, say)),
      ]),
    own && answer.verdict.could_be?.length > 0 && p('could',
      say('could', { verdicts: say.either(answer.verdict.could_be.map((one) => named(one, say, one))) })),
    ticket && (unsaved ? line('standing', 'warn', say(trouble ? 'unsaved.out' : 'unsaved')) : standing(answer, say)));
}

const counting = ({ counts, verdict: found }) => (counts.by === 'policy' ? found.status : counts.status);

/** In words. */
export function statusWords(answer, say) {
  const { by, status, label } = answer.counts;
  if (by === 'policy') return judgement(answer, say);
  return status === null ? say(by === 'hand' ? 'status.other' : 'status.none') : named(status, say, label);
}

/** Of the service's headline, what has no row of its own here. */
function reason({ headline, remedy: { label }, verdict: found, freight: { label: paid } }) {
  const rows = [label, found.claim_deadline, paid].filter(Boolean);
  return headline.split(' · ').slice(1).filter((part) => (
    !rows.some((one) => part.endsWith(one) || part.includes(`${one} `))));
}

function decided(answer, say) {
  const { decision, counts, verdict: found } = answer;
  const [tone, sign] = looks(found.status);
  return [
    line('by', 'person', say(`by.${decision ? deed(decision.what) : 'hand'}`)),
    decision?.reason && h('blockquote', { dir: 'auto' }, decision.reason),
    decision?.unclear && p('', say('by.unclear', { value: decision.unclear })),
    counts.status !== found.status && line(`by policy ${tone}`, sign, say('by.policy', { verdict: judgement(answer, say) })),
  ];
}

const row = (term, told) => told && h('div', h('dt', term), h('dd', told));

function freight({ counts, freight: found }, say) {
  const own = counts.by === 'policy' || counts.payer === found.payer;
  const key = own ? found.payer : counts.payer;
  return [
    h('strong', payer(key, say, found.label)),
    own && found.clauses.map(badge),
    own && found.because && h('small', { dir: 'auto' }, found.because),
    !own && key === 'undetermined' && h('small', say('freight.yours')),
  ];
}

function remedy({ label, warranty_ends_on: ends }, say) {
  return [h('strong', label), ends && h('small', say('remedy.warranty', { day: say.day(ends) }))];
}

function deadline(answer, say) {
  const { claim_deadline: found, today } = Object.fromEntries(answer.timeline.map((one) => [one.key, one]));
  if (!found) return null;
  const left = between(today?.date, found.date);
  const told = left > 0 ? say('days.left', { count: left })
    : left < 0 ? say('days.over', { count: -left }) : left === 0 && say('days.last');
  const near = left <= NEAR;
  return [h('strong', say.day(found.date)),
    answer.state !== 'over' && h('span', { class: near && 'near' }, near && icon('warn'), told),
    found.provisional && h('small', say('provisional'))];
}

/** What the ticket has, if another. */
function standing(answer, say) {
  const { counts, mode, shown, state } = answer;
  if (state !== 'claim' || mode !== 'full' || counts.by === 'hand' || shown === counting(answer)) return null;
  return line('standing', 'wait', shown === null ? say('standing.none') : say('standing', { verdict: named(shown, say) }));
}
