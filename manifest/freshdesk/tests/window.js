/** A ticket's page as the platform's client shows it to an app: what a test gives, and nothing else. */

export const IPARAMS = { service_host: 'warranty.example.com', installation: 'sample' };

/**
 * `page`: the objects that may be had; `answer(template, body)`: what the service says, or throws.
 * `fire(event, data)` tells of an event, and resolves to what became of it: null (nothing said), 'done'
 * or the words against it. `asked`, `triggered` and `resized` are what the app did.
 */
export function windowOf({ page = {}, iparams = IPARAMS, answer = () => ({ state: 'off' }), unknown = [], refuses = [] } = {}) {
  const heard = {};
  const asked = [];
  const triggered = [];
  const resized = [];
  const objects = { ticket: { id: 7, custom_fields: {} }, ...page };
  const client = {
    events: {
      async on(name, told, options = {}) {
        if (unknown.includes(name)) throw new Error(`${name} is not known`);
        (heard[name] ??= []).push({ told, options });
      },
    },
    data: {
      async get(name) {
        if (!(name in objects)) throw new Error(`${name} is not there`);
        return { [name]: structuredClone(objects[name]) };
      },
    },
    iparams: { get: async () => iparams },
    instance: { async resize({ height }) { resized.push(height); } },
    interface: {
      async trigger(what, given) {
        if (refuses.includes(what)) throw new Error(`${what} is refused`);
        triggered.push([what, given]);
      },
    },
    request: {
      async invokeTemplate(template, { context, body }) {
        asked.push({ template, context, body: JSON.parse(body) });
        const said = await answer(template, JSON.parse(body));
        return { status: 200, response: typeof said === 'string' ? said : JSON.stringify(said) };
      },
    },
  };
  async function fire(name, data) {
    let became = null;
    for (const { told } of heard[name] ?? []) {
      const helper = {
        getData: () => { if (data instanceof Error) throw data; return data; },
        done: () => { became = 'done'; },
        fail: (words) => { became = words; },
      };
      await told({ type: name, helper });
    }
    return became;
  }
  return { client, fire, heard, asked, triggered, resized, objects };
}

/** The app's client, as the platform's script leaves it; opened as an agent opens it. */
export function opened(window) {
  const { on } = window.client.events;
  window.client.events.on = async (name, told, options) => {
    await on(name, told, options);
    if (name === 'app.activated') queueMicrotask(() => told());
  };
  vi.stubGlobal('app', { initialized: async () => window.client });
}
