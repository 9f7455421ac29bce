/** What the sections are made of. */

import { h, icon, p } from '../dom.js';

const KEPT = 'warranty-desk.open';
/** Which folds an agent left open; nothing else is kept. */
let open = {};
try {
  open = JSON.parse(localStorage.getItem(KEPT)) ?? {};
} catch { /* a browser may keep nothing for a page in a page */ }

/** A section with its heading. */
export function section(key, title, ...children) {
  return h('section', { class: `part ${key}`, 'aria-label': title }, h('h2', title), children);
}

/** One that opens and closes, and stays as it was left. */
export function fold(key, title, ...children) {
  const ontoggle = ({ target }) => {
    open[key] = target.open;
    try {
      localStorage.setItem(KEPT, JSON.stringify(open));
    } catch { /* as above */ }
  };
  const made = h('details', { class: `part ${key}`, ontoggle },
    h('summary', { 'data-k': `fold-${key}` }, h('h2', title)), children);
  return Object.assign(made, { open: open[key] === true });
}

/** A button, with the key that the focus finds it by. */
export function button(key, text, onclick, more) {
  return h('button', { type: 'button', 'data-k': key, onclick, ...more }, text);
}

export const line = (name, sign, words) => p(name, icon(sign), h('span', words));

/** What an agent did: these, or an override. */
export const PLAIN = ['accept', 'hold'];
export const deed = (what) => (PLAIN.includes(what) ? what : 'override');

export const badge = (id) => h('span', { class: 'clause' }, id);

/** A word on something, in small. */
export const aside = (...words) => p('because', words);

/** That a field is not on the form. */
export const lacks = (field, say) => line('lacks', 'warn', say('lacks', { field: field.title }));

/** What became of a click in a section. */
export function noticed({ notice }, at, say) {
  return notice?.at === at && line(`notice ${notice.tone}`, notice.tone === 'good' ? 'yes' : 'warn', say(notice.key));
}

const LOOKS = {
  covered: ['good', 'yes'],
  refund_eligible: ['good', 'refund'],
  not_covered: ['bad', 'no'],
  needs_information: ['todo', 'ask'],
  awaiting_inspection: ['wait', 'wait'],
  refer_to_dealer: ['wait', 'away'],
  needs_review: ['todo', 'look'],
};

/** Tone and icon of a status; neutral for one that is newer than this app. */
export const looks = (status) => LOOKS[status] ?? ['wait', 'look'];

/** A status in words; a newer one by what the service calls it. */
export function named(status, say, otherwise) {
  return say.has(`status.${status}`) ? say(`status.${status}`) : otherwise || say('status.other');
}

/** What the policy says of an answer or a what-if. */
export const judgement = (of, say) => named(of.verdict.status, say, of.headline.split(' · ')[0]);

/** Who pays, in words. */
export const payer = (key, say, otherwise) => (say.has(`payer.${key}`) ? say(`payer.${key}`) : otherwise);

/** A fact's name: as the service tells it, or the field's own. */
export function title({ answer, fields }, key) {
  const own = fields[key].title.replace(/^Warranty: /, '');
  return answer.missing.find((one) => one.fact === key)?.title ?? own[0].toUpperCase() + own.slice(1);
}

/** A control for a fact; `change`, if any, is told null for unknown. */
export function control(field, { unknown, options, change, value, ...given }) {
  const shared = { ...given, value, 'data-value': value, onchange: change && (({ target }) => change(target.value.trim() || null)) };
  return field.kind === 'choice'
    ? h('select', shared, option('', unknown), options.map((one) => option(one.value, one.label)))
    : h('input', { ...shared, type: field.kind, autocomplete: 'off' });
}

export function option(value, text) {
  return Object.assign(h('option', text), { value });
}
