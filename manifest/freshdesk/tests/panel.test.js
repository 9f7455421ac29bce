// @vitest-environment jsdom
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ASKING, COVERED, VALUES, answered } from './sample.js';
import { opened, windowOf } from './window.js';

const file = (path) => readFileSync(fileURLToPath(new URL(`../app/${path}`, import.meta.url)), 'utf8');
const words = (language) => JSON.parse(file(`scripts/words/${language}.json`));
const en = words('en');
const LONG = { timeout: 30_000, interval: 20 };
const AGENT = { loggedInUser: { contact: { language: 'en' } }, contact: { name: 'Kim Sample', language: 'en' } };

const panel = () => document.getElementById('panel');
const text = () => panel().textContent;
const part = (name) => panel().querySelector(`.${name}`);
const one = (key) => panel().querySelector(`[data-k="${key}"]`);
const until = (claim) => vi.waitFor(claim, LONG);
const sees = (...given) => until(() => given.forEach((said) => expect(text()).toContain(said)));
const filled = (key, values) => en[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

function change(input, value) {
  input.value = value;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/** The page that the platform shows, as index.html has it, without its scripts. */
function shown() {
  const found = new DOMParser().parseFromString(file('index.html'), 'text/html');
  found.querySelectorAll('script, link').forEach((element) => element.remove());
  document.body.replaceChildren(...found.body.children);
}

/** The whole panel beside a ticket; `answer` is the service's, or what becomes of a question. */
async function beside(answer = COVERED, { page, ...more } = {}) {
  shown();
  const given = typeof answer === 'function' ? answer : (template, body) => (
    template === 'again' ? { state: 'due' } : answered(answer, body));
  const window = windowOf({ answer: given, page: { ...AGENT, ticket: { id: 7, custom_fields: { ...VALUES } }, ...page }, ...more });
  opened(window);
  vi.resetModules();
  await import('../app/scripts/panel/main.js');
  await until(() => expect(panel().getAttribute('aria-busy')).not.toBe('true'));
  return window;
}

const questions = ({ asked }) => asked.filter(({ template }) => template === 'getVerdict').map(({ body }) => body);

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class {
    constructor(told) { this.told = told; }

    observe() { this.told(); }
  });
  vi.stubGlobal('CSS', { escape: (name) => name });
  vi.stubGlobal('fetch', async (url) => {
    const path = String(url).split('/scripts/')[1];
    return { ok: path.endsWith('.json'), status: 404, json: async () => JSON.parse(file(`scripts/${path}`)) };
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test('outside of a helpdesk it says what it is', async () => {
  shown();
  vi.stubGlobal('app', undefined);
  vi.resetModules();
  await import('../app/scripts/panel/main.js');
  await sees('Warranty Desk');
  expect(panel().querySelector('button')).toBeNull();
});

test('a client that fails is told, too', async () => {
  shown();
  vi.stubGlobal('app', { initialized: async () => { throw new Error('no'); } });
  vi.resetModules();
  await import('../app/scripts/panel/main.js');
  await sees('could not start');
});

describe('the verdict', () => {
  test('at a glance: status, who pays, the remedy, by when and why', async () => {
    const { resized } = await beside();
    await sees(en['status.covered'], en['payer.soocas'], 'replacement by the same model', en.deadline, 'Defects are covered.');
    expect(part('card').className).toContain('good');
    expect(resized.length).toBeGreaterThan(0);
  });

  test('words of the ticket are words, whatever they hold', async () => {
    await beside();
    await sees('<b>Atlantis</b>');
    expect(panel().querySelector('b')).toBeNull();
  });

  test('the service is asked by the ticket\'s number, once for the fields', async () => {
    const window = await beside();
    await sees(en['status.covered']);
    expect(questions(window)[0]).toMatchObject({ ticket: '7', language: 'en', fields: true, customer_language: 'en' });
  });

  test.each([
    [{ what: 'hold', reason: 'Wait <i>for</i> it', unclear: null }, 'hand', 'by.hold'],
    [{ what: 'accept', reason: null, unclear: null }, 'agent', 'by.accept'],
    [{ what: 'not_covered', reason: null, unclear: 'odd' }, 'agent', 'by.override'],
    [null, 'hand', 'by.hand'],
  ])('a person\'s decision counts, and is named: %j', async (decision, by, key) => {
    const counts = { status: 'not_covered', label: 'Not covered', payer: 'buyer', by };
    await beside({ ...COVERED, decision, counts, shown: null });
    await sees(en['status.not_covered'], en[key]);
    expect(part('by.policy').textContent).toContain(en['status.covered']);
  });

  test('a status that is newer than the app is shown by what the service calls it', async () => {
    await beside({ ...COVERED, verdict: { ...COVERED.verdict, status: 'brand_new' }, headline: 'BRAND NEW · x' });
    await sees('BRAND NEW');
  });

  test('a person\'s status without a verdict is shown as none', async () => {
    await beside({ ...COVERED, counts: { status: null, label: null, payer: null, by: 'agent' }, decision: { what: 'hold' } });
    await sees(en['status.none']);
  });

  test('the last day, and one that is past, are said in words', async () => {
    const on = (day) => COVERED.timeline.map((step) => (step.key === 'claim_deadline' ? { ...step, date: day } : step));
    await beside({ ...COVERED, timeline: on('2026-05-05') });
    await sees(en['days.last']);
    await beside({ ...COVERED, timeline: on('2026-05-03') });
    await sees(filled('days.over.other', { count: 2 }));
  });

  test('without days there is no picture of them', async () => {
    await beside({ ...COVERED, timeline: [] });
    await sees(en['status.covered']);
    expect(part('timeline')).toBeNull();
  });
});

describe('where it stands', () => {
  test.each(['no_claim', 'over', 'off', 'not_set_up'])('%s is said', async (state) => {
    await beside(['off', 'not_set_up'].includes(state) ? { state, mode: 'off' } : { ...COVERED, state, message: null, macro: null });
    await sees(en[`state.${state}`]);
  });

  test('a state that is newer than the app is said', async () => {
    await beside({ ...COVERED, state: 'brand_new' });
    await sees(en['state.newer']);
  });

  test.each(['shadow', 'notes'])('the mode %s is said, and what was read when', async (mode) => {
    await beside({ ...COVERED, mode, as_of: '2026-05-05T10:00:00Z' });
    await sees(en[`mode.${mode}`]);
    expect(one('look')).not.toBeNull();
  });

  test('a ticket can be marked as a claim, in the page', async () => {
    const { triggered } = await beside({ ...COVERED, state: 'no_claim', message: null });
    await until(() => one('claim').click());
    await sees(en['claim.set']);
    expect(triggered).toEqual([['setValue', { id: 'cf_claim', value: true }]]);
  });

  test.each([[401, 'unproven'], [404, 'unconnected'], [409, 'gone'], [422, 'no_ticket'], [418, 'misfit']])(
    'status %i is told with what to do', async (status, kind) => {
      await beside(() => { throw { status }; });
      await sees(en[`trouble.${kind}`]);
    },
  );

  test('a service that is away is asked again by itself, or by a click', async () => {
    let calls = 0;
    const { asked } = await beside((_, body) => {
      calls += 1;
      if (calls === 1) throw { status: 503, headers: { 'retry-after': '60' } };
      return answered(COVERED, body);
    });
    await sees(en['trouble.away'], '60');
    one('look').click();
    await sees(en['status.covered']);
    expect(asked).toHaveLength(2);
  });

  test('a page instead of an answer, and an answer of another service, are told', async () => {
    await beside(() => '<html>');
    await sees(en['trouble.unconnected']);
    await beside(() => ({ hello: 'there' }));
    await sees(en['trouble.unconnected']);
  });

  test('settings that are missing are told, and nothing is asked', async () => {
    const { asked } = await beside(COVERED, { iparams: {} });
    await sees(en['trouble.settings']);
    expect(asked).toHaveLength(0);
  });

  test('trouble after an answer leaves it there, as an old one', async () => {
    let calls = 0;
    const window = await beside((_, body) => {
      calls += 1;
      if (calls > 1) throw { status: 503 };
      return answered(COVERED, body);
    });
    await sees(en['status.covered']);
    await window.fire('ticket.updated');
    await sees(en.old, en['status.covered']);
  });
});

describe('what is missing', () => {
  test('it is listed, with whom to ask; what the form lacks is said', async () => {
    await beside(ASKING);
    await sees(filled('missing.other', { count: 3 }), en['of.agent'], en['of.buyer'], 'What of order_number, please?');
    await sees(filled('lacks', { field: 'Warranty: inspection' }));
    expect(part('card').textContent).toContain(en['status.not_covered']);
  });

  test('an answer is set in the page, and the service asked what follows from it', async () => {
    const window = await beside(ASKING);
    await until(() => expect(one('answer-order_number')).not.toBeNull());
    const input = one('answer-order_number');
    input.value = ' W-1 ';
    input.form.requestSubmit();
    await sees(en['next.set']);
    expect(window.triggered).toEqual([['setValue', { id: 'cf_order_number', value: 'W-1' }]]);
    await until(() => expect(questions(window).at(-1).edited).toEqual({ order_number: 'W-1' }));
  });

  test('a choice is set as it is chosen', async () => {
    const { triggered } = await beside(ASKING);
    await until(() => expect(one('answer-problem')).not.toBeNull());
    change(one('answer-problem'), 'The dropped');
    await until(() => expect(triggered).toEqual([['setValue', { id: 'cf_problem', value: 'The dropped' }]]));
  });

  test('what cannot be set is told', async () => {
    await beside(ASKING, { refuses: ['setValue'] });
    await until(() => expect(one('answer-problem')).not.toBeNull());
    change(one('answer-problem'), 'The dropped');
    await sees(en['next.failed']);
  });

  test('of a ticket that is over nothing is asked', async () => {
    await beside({ ...ASKING, state: 'over', next_question: null });
    await sees(en['state.over']);
    expect(part('missing')).toBeNull();
  });
});

describe('the reply', () => {
  test('it is shown with the customer\'s name, and inserted by a click', async () => {
    const { triggered } = await beside();
    await sees('Hello Kim,');
    one('insert').click();
    await sees(en['reply.inserted']);
    expect(triggered).toEqual([['click', { id: 'reply', text: '<p>Hello Kim,</p><p>your product is covered.</p>' }]]);
  });

  test('no macro is offered: no app can apply one here', async () => {
    await beside();
    await sees('Hello Kim,');
    expect(one('macro')).toBeNull();
  });

  test.each(['jane@example.com', 'Doe, Jane', '', 'Dr. Sample'])('%j is no name to greet by', async (name) => {
    await beside(COVERED, { page: { contact: { name } } });
    await sees('Hello,');
  });

  test('a note that was begun is left alone', async () => {
    const { triggered, fire } = await beside();
    await sees('Hello Kim,');
    await fire('ticket.notesClick');
    one('insert').click();
    await sees(en['reply.note']);
    expect(triggered).toEqual([]);
    await fire('ticket.replyClick');
    one('insert').click();
    await sees(en['reply.inserted']);
  });

  test('another language is named', async () => {
    await beside(ASKING);
    await sees(filled('reply.language', { language: 'German' }));
  });

  test('one that contradicts the verdict is held back once, and says why', async () => {
    const { fire } = await beside();
    await sees('Hello Kim,');
    const data = { body: '<p>Sorry, this is not covered. The return is at your expense.</p>' };
    const said = await fire('ticket.sendReply', data);
    expect(said).toContain('is not covered');
    expect(said).toContain('at your expense');
    await sees('is not covered');
    expect(await fire('ticket.sendReply', data)).toBe('done');
    await until(() => expect(panel().querySelector('[role=alert].state')).toBeNull());
  });

  test.each([
    '<p>Your product is covered.</p>', '<p>This will not be at your expense.</p>', '<p>It is at your expense nicht.</p>', '',
  ])('%j goes out at once', async (body) => {
    const { fire } = await beside();
    await sees('Hello Kim,');
    expect(await fire('ticket.sendReply', { body })).toBe('done');
  });

  test('where nothing can contradict, everything goes out', async () => {
    const { fire } = await beside(ASKING);
    await sees(en['status.needs_information']);
    expect(await fire('ticket.sendReply', { body: 'It is not covered.' })).toBe('done');
  });
});

describe('the agent\'s decision', () => {
  test.each(['accept', 'hold'])('%s is set in the page', async (what) => {
    const { triggered } = await beside();
    await until(() => expect(one(what)).not.toBeNull());
    one(what).click();
    await sees(en['decision.set']);
    expect(triggered).toEqual([['setValue', { id: 'cf_decision', value: `The ${what}` }]]);
  });

  test('another verdict needs one, and a reason', async () => {
    const { triggered } = await beside();
    await until(() => expect(one('override')).not.toBeNull());
    one('override').click();
    one('confirm').click();
    await sees(en['decision.no_status'], en['decision.no_reason']);
    expect(one('to').getAttribute('aria-invalid')).toBe('true');
    expect(triggered).toEqual([]);
    change(one('to'), 'not_covered');
    one('why').value = 'A goodwill case';
    one('why').dispatchEvent(new Event('input', { bubbles: true }));
    one('confirm').click();
    await sees(en['decision.set']);
    expect(triggered).toEqual([
      ['setValue', { id: 'cf_decision', value: 'The not_covered' }], ['setValue', { id: 'cf_reason', value: 'A goodwill case' }],
    ]);
  });

  test('it can be thought over', async () => {
    await beside();
    await until(() => expect(one('override')).not.toBeNull());
    one('override').click();
    one('cancel').click();
    expect(one('confirm')).toBeNull();
  });

  test('one that stands can be taken back', async () => {
    const decision = { what: 'hold', reason: 'Wait', unclear: null };
    const values = { ...VALUES, cf_decision: 'The hold', cf_reason: 'Wait' };
    const { triggered } = await beside({ ...COVERED, decision }, { page: { ticket: { id: 7, custom_fields: values } } });
    await until(() => expect(one('undo')).not.toBeNull());
    one('undo').click();
    await sees(en['decision.undone_set']);
    expect(triggered).toEqual([
      ['setValue', { id: 'cf_decision', value: '' }], ['setValue', { id: 'cf_reason', value: '' }],
    ]);
  });

  /** The ticket's page without one of the fields. */
  const without = (name) => {
    const values = Object.fromEntries(Object.entries(VALUES).filter(([key]) => key !== name));
    return { page: { ticket: { id: 7, custom_fields: values } } };
  };

  test('where the form lacks the field, none is offered, and it is said', async () => {
    const { triggered } = await beside(COVERED, without('cf_decision'));
    await sees(filled('lacks', { field: 'Warranty: agent decision' }));
    for (const key of ['accept', 'hold', 'override']) expect(one(key)).toBeNull();
    expect(text()).not.toContain(en['decision.saves']);
    expect(triggered).toEqual([]);
  });

  test('where it lacks the reason\'s field alone, all but an override can be set', async () => {
    const { triggered } = await beside(COVERED, without('cf_reason'));
    await sees(en['decision.saves']);
    expect(one('override')).toBeNull();
    one('hold').click();
    await sees(en['decision.set']);
    expect(triggered).toEqual([['setValue', { id: 'cf_decision', value: 'The hold' }]]);
  });

  test('where it lacks the claim\'s field, no ticket can be marked', async () => {
    await beside({ ...COVERED, state: 'no_claim', message: null }, without('cf_claim'));
    await sees(en['state.no_claim']);
    expect(one('claim')).toBeNull();
  });
});

describe('what if', () => {
  test('facts are tried out beside what is, and nothing is set', async () => {
    const window = await beside();
    await until(() => expect(one('try')).not.toBeNull());
    change(one('try'), 'problem');
    await until(() => expect(one('try-problem')).not.toBeNull());
    change(one('try-problem'), 'The dropped');
    await until(() => expect(questions(window).at(-1).what_if).toEqual({ problem: 'The dropped' }));
    await sees(en['what_if.would'], en['status.not_covered']);
    one('untry-problem').click();
    await until(() => expect(one('try-problem')).toBeNull());
    expect(window.triggered).toEqual([]);
  });

  test('all of it can be left behind', async () => {
    await beside();
    await until(() => expect(one('try')).not.toBeNull());
    change(one('try'), 'purchase_date');
    await until(() => expect(one('reset')).not.toBeNull());
    one('reset').click();
    expect(one('try-purchase_date')).toBeNull();
  });
});

describe('afterwards', () => {
  test('it is decided again by a click, and what came of it is said', async () => {
    let version = 0;
    const { asked } = await beside((template, body) => {
      if (template === 'again') return { state: 'due' };
      version += 1;
      return answered({ ...COVERED, version: `v${version}` }, body);
    });
    await until(() => expect(one('again')).not.toBeNull());
    one('again').click();
    await sees(en['again.done']);
    expect(asked.find(({ template }) => template === 'again').body).toEqual({ ticket: '7' });
  });

  test('what keeps it from being decided again is said', async () => {
    await beside((template, body) => {
      if (template === 'again') throw { status: 429 };
      return answered(COVERED, body);
    });
    await until(() => expect(one('again')).not.toBeNull());
    one('again').click();
    await sees(en['trouble.busy']);
  });

  test('after Update the ticket is read anew', async () => {
    const window = await beside();
    await sees(en['status.covered']);
    expect(questions(window)[0]).not.toHaveProperty('version');
    await window.fire('ticket.propertiesUpdated');
    await until(() => expect(questions(window).length).toBeGreaterThan(1));
    expect(questions(window).at(-1)).not.toHaveProperty('version');
  });

  test('a fold stays as it was left', async () => {
    await beside();
    await until(() => expect(part('presumed')).not.toBeNull());
    part('presumed').open = true;
    part('presumed').dispatchEvent(new Event('toggle'));
    await sees(en['status.covered']);
    one('accept').click();
    await sees(en['decision.set']);
    expect(part('presumed').open).toBe(true);
  });
});

describe('languages', () => {
  test.each([['de', 'de'], ['fr-CA', 'fr'], ['es_ES', 'es'], ['zh-CN', 'zh-CN'], ['zh-TW', 'zh-CN'], ['ja', 'en'], ['x', 'en']])(
    'an agent with %s reads %s', async (language, file_) => {
      await beside(COVERED, { page: { loggedInUser: { contact: { language } } } });
      await sees(words(file_)['status.covered']);
    },
  );

  test('a language that is written from right to left is shown so', async () => {
    await beside(COVERED, { page: { loggedInUser: { contact: { language: 'ar' } } } });
    await sees(en['status.covered']);
    expect(document.documentElement.dir).toBe('rtl');
  });

  test('words that are not there are English ones', async () => {
    const { fetch } = globalThis;
    vi.stubGlobal('fetch', (url) => (String(url).includes('/de.json') ? Promise.resolve({ ok: false, status: 404 }) : fetch(url)));
    await beside(COVERED, { page: { loggedInUser: { contact: { language: 'de' } } } });
    await sees(en['status.covered']);
  });
});
