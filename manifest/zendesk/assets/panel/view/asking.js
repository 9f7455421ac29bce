/** What is missing, what to ask next, and the reply that asks for all of it. */

import { h, p } from '../dom.js';
import { greeted } from '../letter.js';
import { there } from '../model.js';
import { aside, button, control, lacks, line, noticed, section } from './parts.js';

/** What was typed and not set, by fact. */
const typed = {};
const asked = (one) => one.ask ?? one.question;

/** The next question, in words for the phone, with what to answer it with. */
export function next(state, say, does) {
  const { answer: { missing: list, next_question: fact }, fields, window } = state;
  const one = list.find(({ fact: other }) => other === fact);
  if (!one || !fields?.[fact]) return null;
  // The same answer may fill another field, too: an order number says where it was bought.
  const also = (one.also ?? []).filter((other) => fields[other.fact]);
  return section('next', say(one.of === 'agent' ? 'next.agent' : 'next'),
    p('question', asked(one) ?? one.title),
    one.ask_customer !== asked(one) && h('p', { class: 'because', dir: 'auto' }, one.ask_customer),
    [one, ...also].map((other) => (there(state, other.fact) ? answering(other) : lacks(fields[other.fact], say))),
    one.hint && aside(one.hint),
    noticed(state, 'next', say));

  function answering({ fact: key, title: named, options }) {
    const field = fields[key];
    const set = (value) => does.fact(key, value);
    const id = `answer-${key}`;
    const given = { id, 'data-k': id, value: window?.get(key), unknown: say('unknown'), options: options ?? field.options };
    const name = h('label', { class: 'name', for: id }, named);
    if (field.kind === 'choice') return [name, control(field, { ...given, change: set })];
    // A day is only whole once all of it is there: what is typed waits for its button.
    const input = control(field, given);
    input.oninput = () => { typed[key] = input.value; };
    input.value = typed[key] ?? input.value;
    const submitted = (event) => {
      event.preventDefault();
      delete typed[key];
      if (input.value.trim()) set(input.value.trim());
    };
    return [name, h('form', { class: 'line', onsubmit: submitted }, input, h('button', { 'data-k': `set-${key}` }, say('set')))];
  }
}

/** All that is missing, what matters most first. */
export function missing(state, say) {
  const { answer: { missing: all, next_question: first }, fields } = state;
  const list = [...all].sort((one, other) => (other.fact === first) - (one.fact === first));
  return list.length > 0 && section('missing', say('missing', { count: list.length }),
    h('ul', list.map((one) => h('li',
      p('', h('strong', one.title), ' ', h('span', { class: 'whom' }, say(one.of === 'agent' ? 'of.agent' : 'of.buyer'))),
      asked(one) && aside(asked(one)),
      fields?.[one.fact] && !there(state, one.fact) && lacks(fields[one.fact], say)))));
}

/** The suggested reply, shown before it is inserted. */
export function reply(state, say, does) {
  const { answer: { message, macro }, requester: { name }, mode, trouble, unsaved } = state;
  const disabled = Boolean(trouble && unsaved); // it answers what stood there
  const { language } = message ?? {};
  return (message || macro) && section('reply', say(message?.asks ? 'reply.asks' : 'reply'),
    message && [
      h('div', { class: 'letter', tabindex: 0, role: 'group', 'aria-label': say('reply'), lang: language, dir: 'auto' },
        greeted(message, name).text),
      language.slice(0, 2) !== say.locale.slice(0, 2) && aside(say('reply.language', { language: say.language(language) })),
      mode === 'note' && line('lacks', 'warn', say('reply.switching')),
    ],
    h('div', { class: 'line' },
      message && button('insert', say('reply.insert'), does.insert, { class: 'main', disabled }),
      macro && button('macro', say('reply.macro', { title: macro.title }), does.macro, { disabled })),
    message?.may_differ && aside(say(macro ? 'reply.differs' : 'reply.reword')),
    noticed(state, 'reply', say));
}
