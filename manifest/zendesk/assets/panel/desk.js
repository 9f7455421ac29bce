/**
 * The helpdesk's window around the panel: the one module that knows Zendesk's app framework (ZAF).
 * All is done as the agent who is signed in.
 */

const FIELD = 'ticket.customField:custom_field_';
const EVENTS = {
  shown: ['app.activated'],
  saved: ['ticket.submit.done', 'ticket.saved'],
  updated: ['ticket.updated'], // by somebody else
  requester: ['ticket.requester.id.changed'],
  form: ['ticket.form.id.changed'],
  composer: ['comment.type.changed'],
  scheme: ['colorScheme.changed'],
};

/** Waits for the helpdesk's window; null outside of one. See manifest/README.md for what it gives. */
export async function connect() {
  const client = globalThis.ZAFClient?.init();
  if (!client) return null;
  const [context, { settings }] = await Promise.all([client.context(), client.metadata()]);
  const filing = context.location === 'new_ticket_sidebar';
  const id = filing ? null : context.ticketId ?? (await client.get('ticket.id'))['ticket.id'];
  return desk(client, id ? String(id) : null, context.account?.subdomain, settings ?? {});
}

function desk(client, ticket, subdomain, { service_url: url, installation }) {
  const settings = {
    service: String(url ?? '').trim().replace(/\/+$/, ''),
    installation: String(installation ?? '').trim(),
  };
  const paths = async (...names) => {
    const found = await client.get(names);
    return names.map((name) => (found.errors?.[name] ? undefined : found[name]));
  };
  const request = (options) => orFailure(client.request({
    contentType: 'application/json', autoRetry: false, timeout: 12_000, ...options, data: JSON.stringify(options.data),
  }));
  return {
    ticket,
    settings,
    async person() {
      const [locale, scheme] = await paths('currentUser.locale', 'colorScheme');
      return { locale, scheme };
    },
    async requester() {
      const [name, locale] = await paths('ticket.requester.name', 'ticket.requester.locale');
      return { name: name || '', locale: locale || '' };
    },
    async service(path, data) {
      // Whether the proxy sets one is not documented. The agent's clock may be fast.
      const iat = Math.floor(Date.now() / 1000) - 60;
      const claims = { iss: subdomain, aud: settings.service, installation: settings.installation, iat };
      const answer = await request({
        url: settings.service + path,
        type: 'POST',
        dataType: 'json',
        data,
        headers: { Authorization: 'Bearer {{jwt.token}}' },
        jwt: { algorithm: 'HS256', secret_key: '{{setting.app_secret}}', expiry: 60, claims },
        secure: true,
        cors: false,
      });
      return typeof answer === 'string' ? JSON.parse(answer) : answer;
    },
    async fields(ids) {
      const values = await paths(...ids.map((id) => FIELD + id));
      return new Map(ids.map((id, at) => [id, values[at]])
        .filter(([, value]) => value !== undefined).map(([id, value]) => [id, read(value)]));
    },
    async set(values) {
      for (const [id, value] of Object.entries(values)) await client.set(FIELD + id, written(value));
    },
    save: ticket && ((values, version) => request({
      url: `/api/v2/tickets/${ticket}.json`,
      type: 'PUT',
      data: {
        ticket: {
          safe_update: true,
          updated_stamp: version,
          custom_fields: Object.entries(values).map(([id, value]) => ({ id: Number(id), value })),
        },
      },
    })),
    async composer() {
      const [type, text] = await paths('comment.type', 'comment.text');
      return { mode: { publicReply: 'public', internalNote: 'note' }[type] ?? 'other', text: plain(text) };
    },
    // In the editor of any channel; an old workspace knows the other one alone.
    insert: (html) => client.invoke('ticket.editor.insert', html)
      .catch(() => client.invoke('comment.appendHtml', html)),
    macro: (id) => client.invoke('macro', Number(id)),
    height: (pixels) => client.invoke('resize', { width: '100%', height: `${pixels}px` }).catch(() => {}),
    onField: (id, told) => client.on(`ticket.custom_field_${id}.changed`, (value) => told(read(value))),
    on: (what, told) => EVENTS[what].forEach((name) => client.on(name, told)),
    beforeSave: (check) => client.on('ticket.save', async () => {
      const said = await check();
      if (said) throw new Error(said); // a hook that rejects stops the save
      return true;
    }),
  };
}

/** As the API has it. A date may come with a time: the day is what stands there. */
function read(value) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return value.slice(0, 10);
  return typeof value === 'number' ? String(value) : value === '' ? null : value;
}

/** A checkbox is set as `yes` or `no`, nothing as an empty text; the reference is silent. */
function written(value) {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value ?? '';
}

/** The words of a comment, which may be HTML; nothing in it is run. */
function plain(text) {
  const html = String(text ?? '').replace(/<\/?(p|div|br|li|ul|ol|tr|td|h\d|blockquote)\b/gi, ' $&');
  return new DOMParser().parseFromString(html, 'text/html').body.textContent;
}

async function orFailure(asked) {
  try {
    return await asked;
  } catch (failed) {
    const { headers } = failed ?? {};
    const wait = Number(headers?.['retry-after'] ?? headers?.['Retry-After']);
    throw { status: Number(failed?.status) || 0, wait: wait > 0 ? wait : null };
  }
}
