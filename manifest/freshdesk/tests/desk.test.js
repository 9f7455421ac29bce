// @vitest-environment jsdom
import { connect } from '../app/scripts/panel/desk.js';
import { opened, windowOf } from './window.js';

/** The desk beside a page, and the page. */
async function beside(given) {
  const window = windowOf(given);
  opened(window);
  return { ...window, desk: await connect() };
}

/** What is told, by name, from now on. */
function told(desk) {
  const said = [];
  for (const what of ['shown', 'saved', 'updated', 'composer']) desk.on(what, () => said.push(what));
  return said;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('where it is', () => {
  test('outside of a helpdesk there is none', async () => {
    expect(await connect()).toBeNull();
  });

  test('it knows its ticket and where its service is, once it is opened', async () => {
    const { desk } = await beside({ iparams: { service_host: ' warranty.example.com ', installation: 'sample' } });
    expect(desk.ticket).toBe('7');
    expect(desk.settings).toEqual({ service: 'https://warranty.example.com', installation: 'sample' });
  });

  test('settings that are missing are empty, so that the panel can say so', async () => {
    expect((await beside({ iparams: {} })).desk.settings).toEqual({ service: '', installation: '' });
  });

  test('opened again, it says so; beside another ticket it begins anew', async () => {
    const { desk, fire, objects } = await beside();
    const said = told(desk);
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    await fire('app.activated');
    expect(said).toEqual(['shown']);
    expect(reload).not.toHaveBeenCalled();
    objects.ticket.id = 8;
    await fire('app.activated');
    expect(said).toEqual(['shown']);
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

describe('people', () => {
  test('the reader\'s language is told, and that the page is light', async () => {
    const { desk } = await beside({ page: { loggedInUser: { contact: { language: 'de' } } } });
    expect(await desk.person()).toEqual({ locale: 'de', scheme: 'light' });
  });

  test.each([
    [{ contact: { name: 'Kim Sample', language: 'fr' }, requester: { name: 'Other' } }, { name: 'Kim Sample', locale: 'fr' }],
    [{ requester: { name: 'Kim Sample' } }, { name: 'Kim Sample', locale: '' }],
    [{ contact: {} }, { name: '', locale: '' }],
    [{}, { name: '', locale: '' }],
  ])('the requester is who the page knows: %j', async (page, known) => {
    expect(await (await beside({ page })).desk.requester()).toEqual(known);
  });
});

describe('the service', () => {
  test.each([['/panel/ticket', 'getVerdict'], ['/panel/again', 'again']])('%s is asked by the template %s', async (path, template) => {
    const { desk, asked } = await beside({ answer: () => ({ state: 'claim' }) });
    expect(await desk.service(path, { ticket: '7' })).toEqual({ state: 'claim' });
    expect(asked).toEqual([{ template, context: {}, body: { ticket: '7' } }]);
  });

  test('a macro that no app can apply is not offered', async () => {
    const { desk } = await beside({ answer: () => ({ state: 'claim', macro: { id: '70' } }) });
    expect(await desk.service('/panel/ticket', {})).toEqual({ state: 'claim', macro: null });
    await expect(desk.macro('70')).rejects.toThrow();
  });

  test.each([
    [{ status: 429, headers: { 'retry-after': '7' } }, { status: 429, wait: 7 }],
    [{ status: 503, headers: { 'Retry-After': '9' } }, { status: 503, wait: 9 }],
    [{ status: '401', response: '{}' }, { status: 401, wait: null }],
    [{ message: 'no network' }, { status: 0, wait: null }],
    [undefined, { status: 0, wait: null }],
  ])('what fails is told by its status: %j', async (failed, expected) => {
    const { desk } = await beside({ answer: () => { throw failed; } });
    await expect(desk.service('/panel/ticket', {})).rejects.toEqual(expected);
  });

  test('a page is no answer', async () => {
    const { desk } = await beside({ answer: () => '<html>' });
    await expect(desk.service('/panel/ticket', {})).rejects.toThrow(SyntaxError);
  });
});

describe('fields', () => {
  const page = {
    ticket: {
      id: 7,
      custom_fields: {
        cf_day: '2026-02-01T00:00:00Z', cf_text: 'as it is', cf_number: 12, cf_box: true, cf_none: '', cf_null: null,
        cf_long_4711: 'with the account behind it', cf_longer_x: 'another',
      },
    },
  };

  test('they are read as the API has them, and one that the page lacks is left out', async () => {
    const { desk } = await beside({ page });
    const ids = ['cf_day', 'cf_text', 'cf_number', 'cf_box', 'cf_none', 'cf_null', 'cf_long', 'cf_longer', 'cf_absent'];
    expect(Object.fromEntries(await desk.fields(ids))).toEqual({
      cf_day: '2026-02-01', cf_text: 'as it is', cf_number: '12', cf_box: true, cf_none: null, cf_null: null,
      cf_long: 'with the account behind it',
    });
  });

  test('a ticket without any has none', async () => {
    const { desk } = await beside({ page: { ticket: { id: 7 } } });
    expect(await desk.fields(['cf_day'])).toEqual(new Map());
  });

  test('they are set in the page, and saved by nobody but the agent', async () => {
    const { desk, triggered } = await beside({ page });
    await desk.set({ cf_text: 'new', cf_day: null, cf_box: false });
    expect(triggered).toEqual([
      ['setValue', { id: 'cf_text', value: 'new' }], ['setValue', { id: 'cf_day', value: '' }], ['setValue', { id: 'cf_box', value: false }],
    ]);
    expect(desk.save).toBeNull();
  });

  test('what is refused is told', async () => {
    const { desk } = await beside({ page, refuses: ['setValue'] });
    await expect(desk.set({ cf_text: 'new' })).rejects.toThrow();
  });

  test('after Update, what has changed is told once the save is done', async () => {
    vi.useFakeTimers();
    const { desk, fire, objects } = await beside({ page: structuredClone(page) });
    await desk.fields(['cf_text', 'cf_box']);
    await desk.set({ cf_number: 3 });
    const said = told(desk);
    const changes = [];
    desk.onField('cf_text', (value) => changes.push(value));
    desk.onField('cf_number', () => changes.push('it was never read'));
    await fire('ticket.propertiesUpdated');
    objects.ticket.custom_fields.cf_text = 'typed by the agent';
    objects.ticket.custom_fields.cf_box = false; // nobody listens to this one
    await vi.advanceTimersByTimeAsync(100);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(changes).toEqual(['typed by the agent']);
    expect(said).toEqual(['saved']);
  });

  test('what was set while it was being saved is not taken for saved', async () => {
    vi.useFakeTimers();
    const { desk, fire } = await beside({ page });
    const said = told(desk);
    await fire('ticket.propertiesUpdated');
    await desk.set({ cf_text: 'new' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['updated']);
  });

  test('a page that does not answer then is no error', async () => {
    vi.useFakeTimers();
    const { desk, fire, objects } = await beside({ page });
    await desk.fields(['cf_text']);
    const said = told(desk);
    delete objects.ticket;
    await fire('ticket.propertiesUpdated');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['saved']);
  });

  test('a change by somebody else is told', async () => {
    const { desk, fire } = await beside();
    const said = told(desk);
    await fire('ticket.updated');
    expect(said).toEqual(['updated']);
  });

  test('an event that the page does not know is no error', async () => {
    const { desk } = await beside({ unknown: ['ticket.updated'] });
    expect(desk.ticket).toBe('7');
  });
});

describe('the editor', () => {
  test.each([
    ['ticket.replyClick', 'public', ''], ['ticket.notesClick', 'note', '…'], ['ticket.forwardClick', 'other', ''],
    ['ticket.conversationForward', 'other', ''], ['ticket.addNote', 'public', ''], ['ticket.forward', 'public', ''],
  ])('%s opens %s', async (event, mode, text) => {
    const { desk, fire } = await beside();
    const said = told(desk);
    expect(await desk.composer()).toEqual({ mode: 'public', text: '' });
    await fire(event);
    expect(await desk.composer()).toEqual({ mode, text });
    expect(said).toEqual(['composer']);
  });

  test('a reply is opened with its text, whatever was open', async () => {
    const { desk, fire, triggered } = await beside();
    await fire('ticket.notesClick');
    await desk.insert('<p>Hello</p>', true);
    expect(triggered).toEqual([['click', { id: 'reply', text: '<p>Hello</p>' }]]);
    expect((await desk.composer()).mode).toBe('public');
  });

  test('it is as high as it needs, up to what the platform allows', async () => {
    const { desk, resized, client } = await beside();
    await desk.height(321);
    await desk.height(4000);
    expect(resized).toEqual(['321px', '700px']);
    client.instance.resize = async () => { throw new Error('not now'); };
    await expect(desk.height(10)).resolves.toBeUndefined();
  });
});

describe('before a reply is sent', () => {
  const checking = async (check, given) => {
    const found = await beside(given);
    found.desk.beforeSave(() => check(found.desk));
    return { ...found, said: told(found.desk) };
  };

  test('its own words are looked at, as words, and it waits for that', async () => {
    let seen = null;
    const { fire, heard, desk, said } = await checking(async (one) => { seen = await one.composer(); return null; });
    expect(heard['ticket.sendReply'][0].options).toEqual({ intercept: true });
    const body = '<p>It is <b>not</b> covered</p><p>at all &amp; ever</p><script>run()</script>';
    expect(await fire('ticket.sendReply', { body, full_text: 'with what it quotes' })).toBe('done');
    expect(seen.mode).toBe('public');
    expect(seen.text.replace(/\s+/g, ' ')).toMatch(/^ ?It is not covered at all & ever/);
    expect(await desk.composer()).toEqual({ mode: 'public', text: '' });
    expect(said).toEqual(['saved']);
  });

  test('what is said against it stops it', async () => {
    const { fire, said } = await checking(async () => 'Look again.');
    expect(await fire('ticket.sendReply', { body: 'x' })).toBe('Look again.');
    expect(said).toEqual([]);
  });

  test.each([[undefined], [{}], [null], [new Error('nothing to be had')]])('one that cannot be read goes out: %j', async (data) => {
    const texts = [];
    const { fire } = await checking(async (one) => { texts.push((await one.composer()).text); return null; });
    expect(await fire('ticket.sendReply', data)).toBe('done');
    expect(texts).toEqual(['']);
  });

  test('a check that fails keeps nothing back', async () => {
    const { fire } = await checking(async () => { throw new Error('broken'); });
    expect(await fire('ticket.sendReply', { body: 'x' })).toBe('done');
  });

  test('sending saves no field: what was set stays unsaved', async () => {
    const { fire, said, desk } = await checking(async () => null);
    await desk.set({ cf_text: 'new' });
    await fire('ticket.sendReply', { body: 'x' });
    expect(said).toEqual(['updated']);
  });
});
