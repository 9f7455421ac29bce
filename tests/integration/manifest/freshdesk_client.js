/* Stands for the script that Freshworks fills in for {{{appclient}}}: the client beside one ticket,
 * as the reference describes it. `window.given` is what a test gives: the page's objects and settings;
 * `window.did` is what the app did. Questions go to `askService`, which the test gives. */

const given = window.given;
const heard = {};
window.did = { triggered: [], heights: [], asked: 0 };

/** Tells the app of an event; what became of it: 'done', the words against it, or null. */
window.fire = async (name, data) => {
  let became = null;
  const helper = { getData: () => data, done: () => { became = 'done'; }, fail: (said) => { became = said; } };
  for (const told of heard[name] ?? []) await told({ type: name, helper });
  return became;
};

const client = {
  events: {
    async on(name, told) {
      (heard[name] ??= []).push(told);
      if (name === 'app.activated') setTimeout(told, 0);
    },
  },
  data: {
    async get(name) {
      if (!(name in given.page)) throw new Error(`${name} is not there`);
      return { [name]: structuredClone(given.page[name]) };
    },
  },
  iparams: { get: async () => given.iparams },
  instance: { async resize({ height }) { window.did.heights.push(height); } },
  interface: { async trigger(what, values) { window.did.triggered.push([what, values]); } },
  request: {
    async invokeTemplate(template, { body }) {
      window.did.asked += 1;
      const { status, text } = await window.askService(template, body);
      if (status >= 400) throw { status, response: text, headers: {} };
      return { status, response: text, headers: {} };
    },
  },
};
window.app = { initialized: async () => client };
