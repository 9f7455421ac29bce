// The platform's client in an app's page, as this stand-in speaks it: what `app.initialized()` gives.
//
// developers.freshworks.com/docs/app-sdk/v3.0/support_ticket: events, data, interface and instance
// methods, installation parameters, request templates. Everything is asked of the agent's page over
// a port that it hands out; nothing is known here. Left out: server methods, the database, modals.
"use strict";

(() => {
  const host = new URL(document.currentScript.src).searchParams.get("host");
  const instance = new URL(location.href).searchParams.get("instance");
  const listeners = new Map(); // an event's name to [{told, intercept}]
  const waiting = new Map();
  let port = null;
  let asked = 0;

  const connected = new Promise((resolve) => {
    window.addEventListener("message", (event) => {
      if (port || event.source !== window.parent || event.origin !== host) return;
      if (event.data?.instance !== instance || !event.ports[0]) return;
      [port] = event.ports;
      port.onmessage = ({ data }) => hear(data);
      resolve();
    });
  });
  if (window.parent !== window) window.parent.postMessage({ hello: instance }, host);

  async function ask(what, ...given) {
    await connected;
    asked += 1;
    const id = asked;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      port.postMessage({ id, ask: what, given });
    });
  }

  function hear(said) {
    if (said.event) {
      happen(said);
      return;
    }
    const { resolve, reject } = waiting.get(said.id);
    waiting.delete(said.id);
    if ("error" in said) reject(said.error);
    else resolve(said.result);
  }

  // Tell the app's listeners of an event; those that intercept it are waited for, one after the
  // other, until one fails it. Guess: one that throws lets it go on.
  async function happen({ event: type, data, reply }) {
    let against = null;
    for (const { told, intercept } of listeners.get(type) ?? []) {
      const said = await tell(told, type, data, intercept && reply !== undefined);
      if (against === null) against = said;
      if (against !== null) break;
    }
    if (reply !== undefined) port.postMessage({ reply, against });
  }

  function tell(told, type, data, intercepts) {
    return new Promise((resolve) => {
      const helper = {
        getData: () => structuredClone(data ?? {}),
        done: () => resolve(null),
        fail: (words) => resolve(String(words ?? "")),
      };
      const failed = (error) => {
        resolve(null);
        reportError(error);
      };
      try {
        Promise.resolve(told({ type, helper })).catch(failed);
      } catch (error) {
        failed(error);
      }
      if (!intercepts) resolve(null);
    });
  }

  const client = {
    events: {
      async on(type, told, options) {
        await ask("events.on", type);
        const known = listeners.get(type) ?? [];
        listeners.set(type, [...known, { told, intercept: options?.intercept === true }]);
      },
    },
    data: { get: (name) => ask("data.get", name) },
    iparams: { get: (name) => ask("iparams.get", name) },
    interface: { trigger: (what, options) => ask("interface.trigger", what, options) },
    instance: {
      resize: (size) => ask("instance.resize", size),
      context: () => ask("instance.context"),
    },
    request: { invokeTemplate: (name, options) => ask("request.invokeTemplate", name, options) },
  };

  window.app = { initialized: () => connected.then(() => client) };
})();
