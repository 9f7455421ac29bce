// One app in its frame: the host's half of the messages of Zendesk's app framework.
//
// What an app may ask is not decided here: `host` has answer(frame, kind, params), request(frame,
// options) and triggered(frame, name, data). Messages count only where they come from the frame's
// own window, from its origin, and name its guid.

import { framed, heard, mourn, SILENT } from "./framing.js";

const REPLY = 30_000; // milliseconds that a hook may take (guess)

export class Frame {
  // app: {guid, origin, url, flexible, metadata}; context: what the framework tells of the place.
  constructor(app, context, host) {
    this.app = app;
    this.guid = app.guid;
    this.name = app.metadata.name;
    this.context = { ...context, instanceGuid: app.guid };
    this.host = host;
    this.element = null;
    this.forget();
    window.addEventListener("message", (event) => this.listen(event));
  }

  // Nothing is known of the frame's document: it is new.
  forget() {
    this.registered = false;
    this.active = false;
    this.subscribed = new Map();
    for (const waiting of this.replies?.values() ?? []) waiting({ msg: "The app was reloaded." });
    this.replies = new Map();
  }

  // Take a frame that is on the page already.
  take(element) {
    this.element = element;
  }

  // Load the app into `place`, and say so there where it stays silent.
  load(place) {
    this.forget();
    this.element = framed(this.app.url, this.name, { fixed: !this.app.flexible });
    place.replaceChildren(this.element);
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (this.registered) return;
      mourn(place, `${this.name} does not answer. Its page loads the helpdesk’s framework ` +
        "from static.zdassets.com: without the internet it cannot start.");
    }, SILENT);
  }

  listen(event) {
    if (this.element === null || event.source !== this.element.contentWindow) return;
    if (event.origin !== this.app.origin) return;
    let said = event.data;
    try {
      if (typeof said === "string") said = JSON.parse(said);
    } catch {
      return;
    }
    if (said === null || typeof said !== "object" || said.appGuid !== this.guid) return;
    if (said.key === "iframe.handshake") this.greet();
    else if (this.registered) this.hear(said);
  }

  greet() {
    this.forget();
    this.registered = true;
    heard(this.element);
    this.tell("app.registered", { metadata: this.app.metadata, context: this.context });
  }

  hear(said) {
    if (typeof said.request === "string") {
      this.reply(said);
      return;
    }
    const key = String(said.key ?? "");
    const [, verb, name] = key.match(/^iframe\.(on|off|trigger|reply):(.+)$/s) ?? [];
    if (verb === "on" || verb === "off") {
      const count = Number(said.message?.subscriberCount ?? 0);
      if (count > 0) this.subscribed.set(name, count);
      else this.subscribed.delete(name);
      if (name === "app.activated" && verb === "on" && !this.active) this.activate(true);
    } else if (verb === "trigger") {
      this.host.triggered(this, name, said.message);
    } else if (verb === "reply") {
      this.replies.get(name)?.(said.error ?? null);
    } else if (key.startsWith("request:")) {
      this.ask(key, said.message ?? {});
    }
  }

  async reply(said) {
    const answer = { id: said.id };
    try {
      answer.result = await this.host.answer(this, said.request, said.params);
    } catch (error) {
      answer.error = { name: error.name, message: error.message };
    }
    this.post(answer);
  }

  async ask(key, options) {
    const { done, args } = await this.host.request(this, options);
    this.tell(`${key}.${done ? "done" : "fail"}`, { responseArgs: args });
  }

  // -- to the app ---------------------------------------------------------------------------------

  post(message) {
    this.element.contentWindow.postMessage(
      JSON.stringify({ ...message, appGuid: this.guid, instanceGuid: this.guid }),
      this.app.origin,
    );
  }

  tell(name, message) {
    if (this.registered) this.post({ key: `zaf.${name}`, message });
  }

  // Tell of an event, where the app listens for it.
  event(name, message) {
    if (this.subscribed.has(name)) this.tell(name, message);
  }

  activate(firstLoad = false) {
    this.active = true;
    this.event("app.activated", { firstLoad });
  }

  deactivate() {
    if (!this.active) return;
    this.active = false;
    this.event("app.deactivated", {});
  }

  // Ask the app's hook, if it has one: null where it agrees, otherwise its error ({msg}).
  hook(name) {
    if (!this.subscribed.has(name)) return Promise.resolve(null);
    return new Promise((resolve) => {
      const over = setTimeout(() => end({ msg: "It did not answer in time." }), REPLY);
      const end = (error) => {
        clearTimeout(over);
        this.replies.delete(name);
        resolve(error);
      };
      this.replies.set(name, end);
      this.post({ key: `zaf.${name}`, needsReply: true });
    });
  }
}
