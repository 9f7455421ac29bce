/** Joins the parts, and draws the panel anew whenever something has changed. */

import { service } from './ask.js';
import { connect } from './desk.js';
import { h, icon, p, show } from './dom.js';
import { overlook } from './letter.js';
import { model } from './model.js';
import { timeline } from './timeline.js';
import { load, tag } from './words.js';
import { missing, next, reply } from './view/asking.js';
import { deciding } from './view/deciding.js';
import { history, misread, presumed, why } from './view/reasons.js';
import { foot, judged, standing } from './view/states.js';
import { trying } from './view/trying.js';
import { statusWords, verdict } from './view/verdict.js';

const panel = document.getElementById('panel');
const said = document.getElementById('said');

/** Everything, in the order in which an agent needs it. */
function sections(state, say, does, warnings) {
  const { answer, ticket } = state;
  const parts = [warned(warnings), standing(state, say, does)];
  if (judged(answer) && (answer.state !== 'no_claim' || ticket === null)) {
    parts.push(verdict(state, say), misread(state, say));
    if (answer.state !== 'over') parts.push(next(state, say, does), missing(state, say), reply(state, say, does));
    parts.push(why(state, say), presumed(state, say), timeline(state, say), deciding(state, say, does),
      trying(state, say, does), history(state, say), foot(state, say, does));
  }
  return parts.filter(Boolean);
}

function warned(lines) {
  return lines.length > 0
    && h('div', { class: 'state bad', role: 'alert' }, icon('warn'), h('div', lines.map((one) => p('', one))));
}

/** Tells a screen reader of another verdict, or what became of a click. */
function teller(say) {
  let before;
  let told;
  return ({ answer, notice, asking }) => {
    if (asking || !judged(answer)) return;
    const now = say('now', { verdict: statusWords(answer, say), payer: answer.freight.label });
    if (notice && notice !== told) said.textContent = say(notice.key);
    else if (before && before !== now) said.textContent = now;
    [before, told] = [now, notice];
  };
}

async function start() {
  const desk = await connect();
  if (!desk) {
    panel.replaceChildren('Warranty Desk: this page works beside a ticket in the helpdesk.');
    return;
  }
  new ResizeObserver(() => desk.height(Math.ceil(panel.getBoundingClientRect().height))).observe(panel);
  const [person, requester] = await Promise.all([
    desk.person().catch(() => ({})),
    desk.requester().catch(() => ({ name: '', locale: '' })),
  ]);
  const root = document.documentElement;
  const paint = (scheme) => {
    if (['light', 'dark'].includes(scheme)) root.dataset.scheme = scheme;
  };
  paint(person.scheme);
  desk.on('scheme', paint);

  let say = null;
  let tell = null;
  let warnings = [];
  const draw = (state) => {
    const first = !say || !(state.answer || state.trouble);
    panel.setAttribute('aria-busy', first);
    if (first) return; // the skeleton stays
    show(panel, sections(state, say, does, warnings));
    tell(state);
  };
  const { state, does, look } = model({ desk, ask: service(desk), language: tag(person.locale), requester, draw });
  look(); // before the words are there
  say = await load(person.locale);
  tell = teller(say);
  Object.assign(root, { lang: say.locale, dir: say.direction });
  const warn = (lines) => {
    warnings = lines;
    draw(state);
  };
  overlook(() => state.answer, desk, say, warn);
  desk.on('saved', () => warn([]));
  draw(state);
}

start().catch(() => {
  panel.removeAttribute('aria-busy');
  panel.replaceChildren('Warranty Desk could not start. Reload the page.');
});
