/** What the panel knows, and what an agent can do. What a warranty covers, the service alone says. */

import { pause, sorted } from './ask.js';
import { greeted } from './letter.js';

const DEBOUNCE = 250;
const SETTLED = 1000;
const OLD_AFTER = 60_000;
/** Seconds between looks after "decide again". */
const POLLS = [2, 3, 5, 8, 12, 15, 15];
/** Roles of fields that are followed: not what the app writes. */
const FOLLOWED = ['fact', 'control'];
const TAG = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}$/;

/** The state, and what changes it; `draw` is told of every change. */
export function model({ desk, ask, language, requester, draw }) {
  const state = {
    ticket: desk.ticket,
    saves: desk.save,
    requester,
    mode: 'public', // the composer's
    answer: null, // the service's last
    fields: null, // ours in this account, by key
    window: null, // a Map of what stands in the window
    edited: {}, // what was changed there since the save
    unsaved: false, // whether it differs
    whatIf: {},
    asking: false,
    trouble: null, // why there is no answer
    notice: null, // what became of a click
    again: false,
    overriding: false,
    override: '',
    reason: '',
  };
  let turn = 0; // an answer to an older question is dropped
  let tried = 0;
  let answeredAt = Infinity;
  let loaded = new Map(); // the window as it was then
  let stale = false; // the ticket may have changed
  let timer;
  let retry;

  const change = (values) => draw(Object.assign(state, values));
  const notice = (at, key, tone = 'good') => change({ notice: { at, key, tone } });
  const some = (values) => Object.keys(values).length > 0;

  function question(fresh) {
    const { answer, edited, whatIf } = state;
    return {
      ticket: desk.ticket,
      language,
      fields: state.fields === null,
      ...(TAG.test(state.requester.locale) && { customer_language: state.requester.locale }),
      ...(some(edited) && { edited }),
      ...(some(whatIf) && { what_if: whatIf }),
      ...(!fresh && answer?.version && { version: answer.version }),
    };
  }

  /** Asks, and shows what comes. `fresh`: have the ticket read again. */
  async function look(fresh = stale) {
    clearTimeout(retry);
    clearTimeout(timer);
    stale = false;
    const mine = ++turn;
    change({ asking: true });
    try {
      const answer = await ask.ticket(question(fresh));
      if (mine !== turn) return;
      if (answer.fields && !state.fields) {
        await follow(answer.fields);
        if (mine !== turn) return;
        if (some(state.edited)) { // of a ticket that is being filed
          await look();
          return;
        }
      }
      tried = 0;
      answeredAt = Date.now();
      change({ answer, trouble: null, asking: false });
    } catch (failed) {
      if (mine !== turn) return;
      const trouble = sorted(failed);
      const wait = pause(trouble, tried++);
      if (wait !== null) retry = setTimeout(look, wait * 1000, true);
      change({ asking: false, trouble: { kind: trouble.kind, wait } });
    }
  }

  function soon(wait = DEBOUNCE) {
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }

  /** From now on, what is typed in the window counts. */
  async function follow(fields) {
    state.fields = fields;
    const followed = Object.keys(fields).filter((key) => fields[key].id && FOLLOWED.includes(fields[key].role));
    for (const key of followed) desk.onField(fields[key].id, (value) => typed(key, value));
    const reread = async () => {
      const keys = Object.keys(fields).filter((key) => fields[key].id);
      const values = await desk.fields(keys.map((key) => fields[key].id)).catch(() => null);
      const found = keys.map((key) => [key, values?.get(fields[key].id)]).filter(([, value]) => value !== undefined);
      state.window = values && new Map(found);
      loaded = new Map([...found, ...loaded]);
      if (desk.ticket !== null) return;
      state.edited = Object.fromEntries(found.filter(([key, value]) => followed.includes(key) && !same(value, null)));
    };
    await reread();
    desk.on('form', () => reread().then(() => soon()));
  }

  function typed(key, value) {
    const { window, edited } = state;
    if (same(window?.get(key), value)) return;
    window?.set(key, value);
    if (desk.ticket && same(loaded.get(key), value)) delete edited[key]; // put back
    else edited[key] = value;
    state.unsaved = Object.keys(edited).some((one) => !same(loaded.get(one), edited[one]));
    soon();
  }

  /** Writes fields in the agent's name: in the window, to be submitted with the rest; what its form
   * lacks cannot be set there, and is saved at once by their session, if at all. */
  async function write(values) {
    const [shown, lacking] = [{}, {}];
    for (const [key, value] of Object.entries(values)) {
      const id = state.fields[key]?.id;
      if (!id) throw new Error(key);
      (state.window?.has(key) ? shown : lacking)[id] = value;
    }
    if (some(lacking)) await desk.save(lacking, state.answer.version);
    await desk.set(shown);
    for (const [key, value] of Object.entries(values)) if (state.window?.has(key)) typed(key, value);
    if (!some(lacking)) return 'set';
    await look(true);
    return 'saved';
  }

  /** Does what a click asks for, and says what became of it. */
  async function act(at, doing) {
    state.notice = null;
    try {
      const done = await doing();
      if (done) notice(at, `${at}.${done}`, done === 'note' ? 'bad' : 'good');
    } catch (failed) {
      notice(at, failed?.status === 409 ? 'conflict' : `${at}.failed`, 'bad');
    }
  }

  /** A note must never become a reply by our hand: a file may hang on it that we cannot see. */
  const put = (done, putting) => act('reply', async () => {
    if ((await desk.composer()).mode === 'note') return 'note';
    await putting();
    return done;
  });

  const does = {
    look: () => look(true),
    fact: (key, value) => act('next', () => write({ [key]: value })),
    claim: () => act('claim', () => write({ claim: true })),
    /** Accept, hold, or a status with its reason. */
    decide: (what, reason) => act('decision', async () => {
      const option = state.fields.agent_decision.options.find((one) => one.means === what);
      const done = await write({ agent_decision: option.value, ...(reason && { agent_decision_reason: reason }) });
      Object.assign(state, { overriding: false, override: '', reason: '' });
      return done;
    }),
    undo: () => act('decision', async () => {
      const given = state.answer.decision.reason && { agent_decision_reason: null };
      return `undone_${await write({ agent_decision: null, ...given })}`;
    }),
    overriding: () => change({ overriding: !state.overriding, notice: null }),
    insert: () => put('inserted', () => desk.insert(greeted(state.answer.message, state.requester.name).html)),
    macro: () => put('applied', () => desk.macro(state.answer.macro.id)),
    tryOut: (key, value) => {
      const whatIf = { ...state.whatIf, [key]: value };
      if (value === undefined) delete whatIf[key];
      does.reset(whatIf);
    },
    reset: (whatIf) => {
      change({ whatIf });
      soon();
    },
    again: async () => {
      const mark = () => `${state.answer.version} ${state.answer.reviewed_at}`;
      const was = mark();
      change({ again: true, notice: null });
      try {
        await ask.again(desk.ticket);
        for (const wait of POLLS) {
          await new Promise((go) => { setTimeout(go, wait * 1000); });
          await look(true);
          if (state.trouble || mark() !== was) break;
        }
        state.again = false;
        notice('again', mark() === was ? 'again.same' : 'again.done');
      } catch (failed) {
        state.again = false;
        notice('again', `trouble.${sorted(failed).kind}`, 'bad');
      }
    },
  };

  const updated = () => {
    stale = true;
    soon(SETTLED); // one look for all that comes with a save
  };
  desk.on('updated', updated);
  desk.on('saved', () => {
    if (desk.ticket !== null) Object.assign(state, { edited: {}, unsaved: false, notice: null });
    loaded = new Map(state.window ?? []);
    updated();
  });
  desk.on('shown', () => {
    if (Date.now() - answeredAt > OLD_AFTER) look(true);
  });
  desk.on('requester', async () => {
    state.requester = await desk.requester().catch(() => state.requester);
    soon();
  });
  const composing = async () => change(await desk.composer().then(({ mode }) => ({ mode }), () => ({})));
  desk.on('composer', composing);
  composing();
  return { state, does, look };
}

/** Whether two values are one; a box is ticked or is not. */
function same(one, other) {
  const plain = (value) => (value === true ? 'yes' : value && value !== 'no' ? value : '');
  return plain(one) === plain(other);
}

/** Whether the form has a field, as far as one can tell. */
export function there({ fields, window }, key) {
  const field = fields?.[key];
  return Boolean(field?.id) && (window ? window.has(key) : field.on_ticket !== false);
}
