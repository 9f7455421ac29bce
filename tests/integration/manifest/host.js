/* A ticket page that speaks the protocol of the app framework: just enough for one app in a sidebar.
 * Tests set and read `host`; what the app asks of its service goes to `askService`, which the test
 * gives. */

const FIELD = /^ticket\.customField:custom_field_(\d+)$/;

const host = {
  app: 'https://app.test', context: {}, settings: {}, locale: 'en-US', scheme: 'light',
  form: {}, // values by field number: the fields that the ticket's form has
  requester: { name: 'Kim Sample', locale: 'en-US' },
  comment: { type: 'publicReply', text: '' },
  refuses: [], // paths that the window has no answer for
  silent: [], // paths that it never answers
  api: {}, // status by "METHOD url"
  holding: false, held: [], // answers of the service, until they are let go
  log: { service: [], api: [], invoked: [], set: [], subscribed: {} },
  release: () => host.held.splice(0).forEach((go) => go()),
  open(query = '') {
    const frame = document.querySelector('iframe');
    frame.src = `${host.app}/7/assets/panel.html?origin=${encodeURIComponent(location.origin)}&app_guid=guid-1${query}`;
  },
  /** An event of the window, as it comes of what an agent types or of a save. */
  fire: (name, message) => post({ key: `zaf.${name}`, message }),
  type(id, value) {
    host.form[id] = value;
    host.fire(`ticket.custom_field_${id}.changed`, value);
  },
  /** An agent submits: what the app says against it, or null. */
  submit: () => new Promise((told) => {
    if (!host.log.subscribed['ticket.save']) return told('nothing listens');
    host.saved = told;
    post({ key: 'zaf.ticket.save', needsReply: true });
  }),
};
window.host = host;

function post(message) {
  document.querySelector('iframe').contentWindow.postMessage(JSON.stringify({ instanceGuid: 'guid-1', ...message }), '*');
}

function got(path) {
  const field = FIELD.exec(path);
  if (field && field[1] in host.form) return host.form[field[1]];
  const known = {
    'ticket.id': host.context.ticketId, 'currentUser.locale': host.locale, colorScheme: host.scheme,
    'ticket.requester.name': host.requester.name, 'ticket.requester.locale': host.requester.locale,
    'comment.type': host.comment.type, 'comment.text': host.comment.text,
  };
  if (path in known && !host.refuses.includes(path)) return known[path];
  throw new Error(`${path} is not there`);
}

const INVOKED = {
  resize: ({ height }) => { document.querySelector('iframe').style.height = height; },
  'ticket.editor.insert': (html) => { host.comment.text += html; },
  'comment.appendHtml': (html) => { host.comment.text += html; },
  macro: () => { host.comment.text += '<p>From the macro</p>'; },
  track: () => {},
};

function done(request, path, value) {
  if (request === 'get') return got(path);
  if (request === 'invoke') {
    if (host.refuses.includes(path) || !INVOKED[path]) throw new Error(`${path} cannot be done`);
    host.log.invoked.push([path, ...value]);
    return INVOKED[path](...value) ?? null;
  }
  const field = FIELD.exec(path);
  host.log.set.push([path, value]);
  if (host.refuses.includes(path)) throw new Error(`${path} cannot be set`);
  if (field) host.type(field[1], value);
  else if (path === 'comment.type') host.comment.type = value;
  else throw new Error(`${path} is not there`);
  return value;
}

function answered({ id, request, params }) {
  const names = Array.isArray(params) ? params : Object.keys(params);
  if (names.some((path) => host.silent.includes(path))) return;
  const result = { errors: {} };
  for (const path of names) {
    try {
      result[path] = done(request, path, params[path]);
    } catch (error) {
      result.errors[path] = { name: 'Error', message: error.message, path };
    }
  }
  post({ id, result });
}

async function requested(key, options) {
  const ours = options.url.startsWith('/');
  host.log[ours ? 'api' : 'service'].push({ ...options, data: options.data && JSON.parse(options.data) });
  const { status, body, headers } = ours
    ? { status: host.api[`${options.type} ${options.url}`] ?? 404, body: {}, headers: {} }
    : await window.askService(options);
  if (host.holding && !ours) await new Promise((go) => { host.held.push(go); });
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const xhr = { status, statusText: '', responseText: text, responseJSON: typeof body === 'string' ? undefined : body, headers };
  const good = status >= 200 && status < 300;
  post({
    key: `zaf.${key}.${good ? 'done' : 'fail'}`,
    message: { responseArgs: good ? [body, 'success', xhr] : [xhr, 'error', ''] },
  });
}

window.addEventListener('message', ({ data }) => {
  const message = typeof data === 'string' ? JSON.parse(data) : data;
  const { key = '' } = message;
  if (key === 'iframe.handshake') {
    post({ key: 'zaf.app.registered', message: { metadata: { settings: host.settings }, context: host.context } });
  } else if (key.startsWith('iframe.on:')) {
    host.log.subscribed[key.slice('iframe.on:'.length)] = message.message.subscriberCount;
  } else if (key === 'iframe.reply:ticket.save') {
    host.saved(message.error?.msg ?? null);
  } else if (key.startsWith('request:')) {
    requested(key, message.message);
  } else if (message.request) {
    answered(message);
  }
});
