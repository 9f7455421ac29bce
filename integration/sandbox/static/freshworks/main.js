// A ticket's page as a host of the app beside it: loads it, answers it, tells it what happens, and
// lets it stop what may be intercepted.

import { renew, take } from "../agent.js";
import { posted } from "../workspace/form.js";
import { notice, refusal } from "../workspace/words.js";
import { Editor, form as editorForm } from "./editor.js";
import { Frame } from "./frame.js";
import * as properties from "./properties.js";

const host = JSON.parse(document.getElementById("host").textContent);
const known = () => JSON.parse(document.getElementById("saved").textContent);

const TALLEST = 700; // pixels, of "Use instance method"
const KINDS = { info: "notice", success: "notice", warning: "alert", danger: "error", alert: "error" };

// -- what an app asks ------------------------------------------------------------------------------

const CLICKS = {
  reply: ({ text = "" }) => editor.open("public", text),
  openReply: ({ text = "" }) => editor.open("public", text),
  openNote: ({ text = "" }) => editor.open("note", text),
};

const ACTIONS = {
  setValue({ id, value, text, replace }) {
    if (id === "editor") editor.put(text, replace === true);
    else properties.set(String(id), value);
  },
  click(options) {
    if (!Object.hasOwn(CLICKS, options.id)) throw new RangeError(`${options.id}: nothing of this name is clicked here`);
    CLICKS[options.id](options);
  },
  showNotify({ type, title, message }) {
    if (!Object.hasOwn(KINDS, type)) throw new RangeError(`type ${type}: expected one of ${Object.keys(KINDS).join(", ")}`);
    if (!message) throw new RangeError("message: it is missing");
    const words = [title && String(title).slice(0, 30), String(message).slice(0, 100)];
    notice(words.filter(Boolean).join(": "), KINDS[type]);
  },
};

const ANSWERS = {
  "data.get"(name) {
    const objects = known();
    if (!Object.hasOwn(objects, name)) throw new RangeError(`${name}: there is no such object on this page`);
    return { [name]: objects[name] };
  },
  "iparams.get"(name) {
    const { iparams, secure } = host.app;
    if (name === undefined) return iparams;
    if (secure.includes(name)) throw new RangeError(`${name}: secure settings are not for pages`);
    if (!Object.hasOwn(iparams, name)) throw new RangeError(`${name}: there is no such setting`);
    return { [name]: iparams[name] };
  },
  "interface.trigger"(what, options) {
    if (!Object.hasOwn(ACTIONS, what)) throw new RangeError(`${what}: it is not in this stand-in`);
    return ACTIONS[what](options ?? {}) ?? { status: "success" };
  },
  "instance.resize"(size) {
    const height = /^(\d+(?:\.\d+)?)px$/.exec(String(size?.height ?? ""));
    if (!height) throw new RangeError("height: expected a number of pixels, such as 400px");
    frame.element.style.height = `${Math.min(Number(height[1]), TALLEST)}px`;
  },
  "instance.context": () => ({ instanceId: host.app.guid, location: host.location }),
  // Made by the server, which alone has the secure settings.
  async "request.invokeTemplate"(template, options) {
    const answer = await fetch(`/agent/apps/${host.app.id}/request`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ template, options: options ?? {} }),
    }).catch(() => null);
    if (!answer?.ok) throw { status: 502, headers: {}, response: "No answer from the sandbox." };
    const came = await answer.json();
    if (came.status < 200 || came.status >= 400) throw came;
    return came;
  },
};

const frame = new Frame(host.app, {
  answer(what, given) {
    if (!Object.hasOwn(ANSWERS, what)) throw new RangeError(`${what}: it is not in this stand-in`);
    return ANSWERS[what](...given);
  },
});
const tell = (event, data) => frame.tell(event, data);
const editor = new Editor(tell);

// -- the frame -------------------------------------------------------------------------------------

const place = document.querySelector(`[data-frame="${host.app.guid}"]`);
frame.load(place);
document.querySelector(`[data-reload="${host.app.guid}"]`)
  .addEventListener("click", () => frame.load(place));
document.querySelector(`[data-fold="${host.app.guid}"]`).addEventListener("click", ({ currentTarget: fold }) => {
  place.hidden = !place.hidden;
  fold.setAttribute("aria-expanded", String(!place.hidden));
  fold.firstChild.data = place.hidden ? "Show" : "Hide";
  frame.show(!place.hidden);
});

// -- what the agent does ---------------------------------------------------------------------------

const changes = properties.form() ? new properties.Changes(tell) : null;
document.addEventListener("change", () => changes?.look());
document.addEventListener("input", () => editor.keep());
document.addEventListener("sheet:fresh", () => changes?.renew());

let busy = false;
const WORK = new Map([["edit", update], ["say", say]]);
document.addEventListener("submit", async (event) => {
  const work = WORK.get(event.target.id);
  if (!work || event.defaultPrevented) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    refusal(null);
    await work(event.submitter);
  } finally {
    busy = false;
  }
}, { capture: true });

// Save the properties; what is being written stays.
async function update(button) {
  const changedAttributes = properties.changed();
  if (changedAttributes) {
    const against = await frame.intercept("ticket.propertiesUpdated", { changedAttributes });
    if (against !== null) {
      refusal(host.app.name, against);
      return;
    }
  }
  const { answer, page } = await posted(properties.form(), button);
  if (!answer) {
    refusal(null, "Not saved: no answer from the sandbox.");
    return;
  }
  editor.keep();
  take(page, answer.redirected);
  editor.attach();
}

// Send the reply, or add the note; no property is saved with it.
async function say(button) {
  if (editor.text.trim() === "") return;
  const reply = editor.mode === "public";
  const event = reply ? "ticket.sendReply" : "ticket.addNote";
  if (reply) {
    const against = await frame.intercept(event, { body: editor.html });
    if (against !== null) {
      refusal(host.app.name, against, "Not sent.");
      return;
    }
  } else {
    tell(event, {});
  }
  const { answer, page } = await posted(editorForm(), button);
  if (!answer?.redirected || !answer.ok) {
    refusal(null, "Not sent: this ticket cannot be answered any more, or the sandbox does not answer.");
    return;
  }
  editor.close();
  document.getElementById("told").replaceChildren(...page.getElementById("told").childNodes);
  renew(page);
}
