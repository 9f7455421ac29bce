// The agent's window as a host of apps: loads them, answers them, tells them what changes, and
// lets them stop a save.

import { isTyped, leave, take } from "../agent.js";
import { request } from "./asking.js";
import { Frame } from "./frames.js";
import { colorScheme, get, invoke, onColorScheme, set } from "./paths.js";
import { Changes } from "./changes.js";
import { posted } from "./form.js";
import * as sheet from "./sheet.js";
import { notice, refusal } from "./words.js";

const host = JSON.parse(document.getElementById("host").textContent);
const ticket = document.getElementById("saved") !== null;
const context = {
  product: host.product,
  account: { subdomain: host.subdomain },
  location: host.location,
  ...(host.ticketId === null ? {} : { ticketId: host.ticketId }),
};

const TALLEST = 4000; // pixels that an app may make its frame high
let locked = new Set(); // the apps that do not let the ticket be saved

const actions = {
  resize(frame, size) {
    const height = /^(\d+(?:\.\d+)?)(px|vh)?$/.exec(String(size?.height ?? ""));
    if (!height) return;
    frame.element.style.height = height[2] === "vh"
      ? `${Math.min(Number(height[1]), 100)}vh`
      : `${Math.min(Number(height[1]), TALLEST)}px`;
  },
  notify(frame, message, kind = "notice", options = {}) {
    notice(sheet.textOf(message), kind, options);
  },
  routeTo(frame, where, id) {
    const to = { ticket: `/agent/tickets/${encodeURIComponent(id)}`, nav_bar: "/agent/apps" }[where];
    if (!to) throw new RangeError(`${where} is not in the sandbox`);
    location.assign(to);
  },
  macro: (frame, id) => applyMacro(id),
  disableSave: (frame) => { locked.add(frame.guid); },
  enableSave: (frame) => { locked.delete(frame.guid); },
  hide: (frame) => { frame.element.closest(".app").hidden = true; },
  show: (frame) => { frame.element.closest(".app").hidden = false; },
  // What an app may ask for and the sandbox does not show.
  popover() {},
  preloadPane() {},
  "app.close"() {},
  track() {},
};
actions["ticket.disableSave"] = actions.disableSave;
actions["ticket.enableSave"] = actions.enableSave;

async function each(pairs, work) {
  const result = { errors: {} };
  for (const [path, value] of pairs) {
    try {
      result[path] = await work(path, value);
    } catch (error) {
      result.errors[path] = { name: error.name, message: error.message, path };
    }
  }
  return result;
}

const frames = host.apps.map((app) => new Frame(app, context, {
  answer(frame, kind, params) {
    if (kind === "get") {
      return each([params].flat().map((path) => [String(path)]), (path) => get(host, path));
    }
    const pairs = Object.entries(params ?? {});
    if (kind === "set") return each(pairs, (path, value) => set(host, path, value));
    if (kind === "invoke") {
      return each(pairs, (name, args) => invoke(frame, actions, name, [args].flat(1)));
    }
    throw new TypeError(`${kind} is none of get, set and invoke`);
  },
  request,
  triggered: (from, name, data) => tell(name, data),
}));

const tell = (name, message) => frames.forEach((frame) => frame.event(name, message));

// -- frames ----------------------------------------------------------------------------------------

for (const frame of frames) {
  const page = document.querySelector(`iframe[data-page="${frame.guid}"]`);
  if (page) frame.take(page);
  const place = document.querySelector(`[data-frame="${frame.guid}"]`);
  if (place) frame.load(place);
  document.querySelector(`[data-reload="${frame.guid}"]`)
    ?.addEventListener("click", () => frame.load(place));
}
onColorScheme((scheme) => tell("colorScheme.changed", scheme));
document.addEventListener("visibilitychange", () => {
  for (const frame of frames) {
    if (document.hidden) frame.deactivate();
    else frame.activate();
  }
});

// -- what changes ----------------------------------------------------------------------------------

if (ticket) {
  const changes = new Changes(tell);
  document.addEventListener("input", () => changes.look());
  document.addEventListener("change", () => changes.look());
  document.addEventListener("sheet:fresh", (event) => {
    sheet.drape();
    changes.look(event.detail);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "edit" || event.defaultPrevented) return;
    event.preventDefault();
    submit(event.target, event.submitter);
  }, { capture: true });
}

// -- saving ----------------------------------------------------------------------------------------

let busy = false;

async function submit(form, button) {
  if (busy) return;
  busy = true;
  try {
    if (["macro", "refresh"].includes(button?.value)) await send(form, button);
    else await save(form, button);
  } finally {
    busy = false;
  }
}

async function save(form, button) {
  refusal(null);
  for (const frame of frames) {
    if (locked.has(frame.guid)) {
      refusal(frame.name, "It does not let this ticket be saved yet.");
      return;
    }
  }
  // One after the other, so that each sees what those before it set.
  for (const frame of frames) {
    const error = await frame.hook("ticket.save");
    if (error) {
      refusal(frame.name, typeof error.msg === "string" ? error.msg : "");
      tell("ticket.submit.fail", { error: error.msg });
      return;
    }
  }
  tell("ticket.submit.start", {});
  const answer = await send(form, button);
  const well = answer?.ok && answer.redirected;
  tell(well ? "ticket.submit.done" : "ticket.submit.fail", {});
  if (well) tell("ticket.saved", {});
  tell("ticket.submit.always", {});
}

// Send the form as the browser would, and show the answer without leaving the apps.
async function send(form, button) {
  const { answer, page } = await posted(form, button);
  if (!answer) {
    refusal(null, "Not saved: no answer from the sandbox.");
    return null;
  }
  if (host.ticketId === null && answer.redirected) leave(answer.url);
  else take(page, answer.redirected);
  return answer;
}

// Fill a macro in, as the menu does.
async function applyMacro(id) {
  const form = document.getElementById("edit");
  const menu = document.getElementById("macro");
  if (!menu || ![...menu.options].some((one) => one.value === String(id))) {
    throw new RangeError(`macro ${id}: there is none here`);
  }
  menu.value = String(id);
  const button = form.ownerDocument.querySelector('button[name="do"][value="macro"]');
  const answer = await send(form, button);
  if (!answer?.ok) throw new Error(`macro ${id}: it could not be filled in`);
  sheet.show();
}
