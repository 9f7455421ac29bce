/**
 * The helpdesk's window around the panel: the one module that knows Freshworks' app client. The rest
 * of the panel is the same in every helpdesk. All is done in the page of the agent who is signed in.
 *
 * What Freshdesk does not let an app do, and what follows:
 * - Nothing is told of a custom field while it is typed in: changes are seen once they are saved.
 * - No field can be saved for the agent (`save`), and no canned response applied (`macro`): neither
 *   is offered.
 * - What stands in an editor cannot be read, but for a reply in the moment it is sent.
 *
 * What could not be tried on a live account, each kept in one place below: `LATE`, `written`, `named`,
 * `draft`, and that `reply` adds to a reply that was begun.
 */

/** Milliseconds after which a save is done: the page tells of the click on Update alone. (Asking twice
 * would be safer; but an app has fifty requests a minute, for all of an account's agents.) */
const LATE = 2000;
/** The most that a sidebar may be high; beyond that it scrolls. */
const HIGHEST = 700;
/** Which editor is open, by the event that tells of it; a click on our own button opens a reply. */
const EDITORS = {
  'ticket.replyClick': 'public',
  'ticket.notesClick': 'note',
  'ticket.forwardClick': 'other',
  'ticket.conversationForward': 'other',
  'ticket.addNote': 'public',
  'ticket.forward': 'public',
};
/** Stands for a note that was opened: it cannot be read, so it is taken for begun. */
const UNREAD = '…';
/** The templates in config/requests.json, filled in by the platform: no secret comes here. */
const TEMPLATES = {
  '/panel/ticket': (client, given) => client.request.invokeTemplate('getVerdict', given),
  '/panel/again': (client, given) => client.request.invokeTemplate('again', given),
};

/** Waits for the helpdesk's window; null outside of one. What it resolves to is told at Zendesk's. */
export async function connect() {
  const client = await globalThis.app?.initialized();
  if (!client) return null;
  const { on, tell } = listeners();
  let ticket = null;
  await new Promise((opened) => {
    client.events.on('app.activated', async () => {
      if (ticket === null) return opened();
      const { id } = await object(client, 'ticket');
      if (String(id) === ticket) return tell('shown');
      return globalThis.location.reload(); // the frame outlived its ticket
    });
  });
  const [{ id }, iparams] = await Promise.all([object(client, 'ticket'), client.iparams.get()]);
  ticket = String(id);
  return desk(client, ticket, settings(iparams), { on, tell });
}

function settings({ service_host: host, installation }) {
  const plain = (value) => String(value ?? '').trim();
  return { service: plain(host) && `https://${plain(host)}`, installation: plain(installation) };
}

function desk(client, ticket, given, { on, tell }) {
  const editor = { mode: 'public', sending: null };
  const window = fieldsOf(client, tell);
  for (const [name, mode] of Object.entries(EDITORS)) {
    listen(client, name, () => {
      editor.mode = mode;
      tell('composer');
    });
  }
  listen(client, 'ticket.propertiesUpdated', () => {
    window.submitted();
    setTimeout(window.reread, LATE);
  });
  // The vendor's samples listen to this one; the reference does not name it.
  listen(client, 'ticket.updated', () => tell('updated'));
  return {
    ticket,
    settings: given,
    async person() {
      const { contact } = await object(client, 'loggedInUser');
      return { locale: contact?.language, scheme: 'light' }; // an app is not told of another
    },
    async requester() {
      const [contact, requester] = await Promise.all(
        ['contact', 'requester'].map((name) => object(client, name).catch(() => ({}))),
      );
      return { name: contact.name || requester.name || '', locale: contact.language || requester.language || '' };
    },
    async service(path, data) {
      const asked = TEMPLATES[path](client, { context: {}, body: JSON.stringify(data) });
      const { response } = await asked.catch((failed) => { throw failure(failed); });
      const answer = JSON.parse(response);
      return answer?.macro ? { ...answer, macro: null } : answer;
    },
    fields: window.read,
    set: window.set,
    save: null,
    macro: () => Promise.reject(new Error('Freshdesk applies no macro for an app')),
    onField: window.onField,
    composer: () => Promise.resolve(editor.sending === null
      ? { mode: editor.mode, text: editor.mode === 'note' ? UNREAD : '' }
      : { mode: 'public', text: plain(editor.sending) }),
    async insert(html) {
      await client.interface.trigger('click', { id: 'reply', text: html });
      editor.mode = 'public';
    },
    async height(pixels) {
      try {
        await client.instance.resize({ height: `${Math.min(pixels, HIGHEST)}px` });
      } catch { /* it scrolls */ }
    },
    on,
    beforeSave: (check) => listen(client, 'ticket.sendReply', (event) => sent(event, check), { intercept: true }),
  };

  /** A reply waits for what is said of it. Whatever fails here, it must go out. */
  async function sent(event, check) {
    editor.sending = draft(event);
    const said = await check().catch(() => null);
    editor.sending = null;
    if (said) {
      event.helper.fail(said);
      return;
    }
    event.helper.done();
    // Replying saves no field: what was set from here and is not saved yet stays so.
    window.tellSaved();
  }
}

/** Our fields as the page has them, by the names that the service gives them. */
function fieldsOf(client, tell) {
  const told = new Map();
  const known = new Map();
  let pending = false;

  async function read(ids) {
    const { custom_fields: values } = await object(client, 'ticket');
    const found = ids.map((id) => [id, named(values ?? {}, id)]).filter(([, value]) => value !== undefined);
    found.forEach(([id, value]) => known.set(id, value));
    return new Map(found);
  }

  async function set(values) {
    for (const [id, value] of Object.entries(values)) {
      await client.interface.trigger('setValue', { id, value: written(value) });
      pending = true;
    }
  }

  /** Tells what has changed since it was read, and then that nothing of ours is left unsaved. */
  async function reread() {
    const before = new Map(known);
    const now = await read([...known.keys()]).catch(() => new Map());
    for (const [id, value] of now) if (before.get(id) !== value) told.get(id)?.(value);
    tellSaved();
  }

  const tellSaved = () => tell(pending ? 'updated' : 'saved');
  const submitted = () => { pending = false; };
  return { read, set, submitted, reread, tellSaved, onField: (id, listener) => told.set(id, listener) };
}

/** A field's value. Events of the platform put the account's number behind a name, its API does not. */
function named(values, id) {
  const key = id in values ? id : Object.keys(values).find((one) => one.startsWith(`${id}_`) && /^\d+$/.test(one.slice(id.length + 1)));
  return key === undefined ? undefined : plainValue(values[key]);
}

/** As the API has it: a day is a day, whatever time comes with it. */
function plainValue(value) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return value.slice(0, 10);
  if (value === '' || value === undefined) return null;
  return typeof value === 'number' ? String(value) : value;
}

/** What `setValue` takes: a box is true or false, a day is its text, nothing is an empty text. */
function written(value) {
  return value ?? '';
}

/** A reply that is being sent, without what it quotes; none where the event does not tell it. */
function draft(event) {
  try {
    return String(event.helper.getData()?.body ?? '');
  } catch {
    return '';
  }
}

/** The words of a reply, which is HTML; nothing in it is run. */
function plain(text) {
  const html = text.replace(/<\/?(p|div|br|li|ul|ol|tr|td|h\d|blockquote)\b/gi, ' $&');
  return new DOMParser().parseFromString(html, 'text/html').body.textContent;
}

/** An object of the page, by its name. */
async function object(client, name) {
  return (await client.data.get(name))?.[name] ?? {};
}

/** Hears of an event, if the page knows it. */
async function listen(client, name, told, options) {
  try {
    await client.events.on(name, told, options);
  } catch { /* one that is not known is never told of */ }
}

function listeners() {
  const known = {};
  return {
    on: (what, told) => { (known[what] ??= []).push(told); },
    tell: (what) => (known[what] ?? []).forEach((told) => told()),
  };
}

function failure(failed) {
  const { status, headers } = failed ?? {};
  const wait = Number(headers?.['retry-after'] ?? headers?.['Retry-After']);
  return { status: Number(status) || 0, wait: wait > 0 ? wait : null };
}
