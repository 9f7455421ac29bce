// The app's frame beside a ticket: the agent's page's half of the client's messages.
//
// What an app may ask is not decided here: `host.answer(what, given)` says it, or throws. A frame
// gets a port once it says hello from its own window, its origin, and with its number; again, with
// nothing known of it, when its page was loaded anew.

import { framed, heard, mourn, SILENT } from "../workspace/framing.js";

const REPLY = 30_000; // milliseconds that an app may keep an action back (guess; then it goes on)

// "Use events method" of the support_ticket module. What is not named there is not known.
const EVENTS = new Set([
  "app.activated", "app.deactivated",
  ...["reply", "forward", "notes", "closeTicket", "deleteTicket", "previousTicket", "nextTicket"]
    .map((name) => `ticket.${name}Click`),
  ...["sendReply", "conversationForward", "forward", "addNote", "startTimer", "stopTimer",
    "updateTimer", "deleteTimer", "propertiesUpdated"].map((name) => `ticket.${name}`),
  ...["priority", "status", "group", "agent", "type"].map((name) => `ticket.${name}Changed`),
]);

const plainly = (error) => (error instanceof Error ? { message: error.message } : error);

export class Frame {
  // app: {guid, name, origin, url}
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.element = null;
    this.shown = true;
    this.forget();
    window.addEventListener("message", (event) => this.greet(event));
  }

  forget() {
    this.port?.close();
    this.port = null;
    this.listens = new Set();
    for (const go of this.replies?.values() ?? []) go(null);
    this.replies = new Map();
    this.sent = 0;
  }

  load(place) {
    this.forget();
    this.element = framed(this.app.url, this.app.name);
    place.replaceChildren(this.element);
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (!this.port) mourn(place, `${this.app.name} does not answer: its page does not start the platform’s client.`);
    }, SILENT);
  }

  greet({ source, origin, data }) {
    if (source !== this.element?.contentWindow || origin !== this.app.origin) return;
    if (data?.hello !== this.app.guid) return;
    this.forget();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.onmessage = ({ data: said }) => this.hear(said, port1);
    heard(this.element);
    source.postMessage({ instance: this.app.guid }, origin, [port2]);
  }

  async hear(said, port) {
    if (said.reply !== undefined) {
      this.replies.get(said.reply)?.(said.against);
      return;
    }
    const answer = { id: said.id };
    try {
      answer.result = await this.answer(said.ask, said.given ?? []);
    } catch (error) {
      answer.error = plainly(error);
    }
    port.postMessage(answer);
    // The icon is open, so the app is told at once that it is activated.
    const [name] = said.given ?? [];
    if (said.ask === "events.on" && name === "app.activated" && this.shown) this.tell(name);
  }

  answer(what, given) {
    if (what !== "events.on") return this.host.answer(what, given);
    const [name] = given;
    if (!EVENTS.has(name)) throw new RangeError(`${name} is no event of a ticket’s page`);
    this.listens.add(name);
    return null;
  }

  // -- to the app ---------------------------------------------------------------------------------

  tell(event, data) {
    if (this.listens.has(event)) this.port?.postMessage({ event, data });
  }

  // Tell of an action before it is done: null where it may be, otherwise the words against it.
  intercept(event, data) {
    if (!this.port || !this.listens.has(event)) return Promise.resolve(null);
    this.sent += 1;
    const reply = this.sent;
    return new Promise((resolve) => {
      const over = setTimeout(() => end(null), REPLY);
      const end = (against) => {
        clearTimeout(over);
        this.replies.delete(reply);
        resolve(against);
      };
      this.replies.set(reply, end);
      this.port.postMessage({ event, data, reply });
    });
  }

  // Open or close the app, as its icon does.
  show(shown) {
    if (this.shown === shown) return;
    this.shown = shown;
    this.tell(shown ? "app.activated" : "app.deactivated");
  }
}
