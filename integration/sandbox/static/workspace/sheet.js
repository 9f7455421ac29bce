// A ticket as it stands in the agent's window: the page's form, saved or not, read and written by
// the names that Zendesk's app framework has for things.

import { read, textOf, touched, write } from "./form.js";

export { textOf };

const form = () => document.getElementById("edit");
const composer = () => document.querySelector("[data-composer]");
const input = (name) => form()?.elements.namedItem(name) ?? null;

export const saved = () => JSON.parse(document.getElementById("saved").textContent);

// -- attributes and custom fields ------------------------------------------------------------------

const ATTRIBUTES = { status: "status", priority: "priority", type: "type" };

export function attribute(name) {
  const element = input(ATTRIBUTES[name]);
  return element ? read(element) || null : null;
}

export function setAttribute(name, value) {
  const element = input(ATTRIBUTES[name]);
  if (!element) throw new RangeError("it cannot be set here");
  write(element, value);
}

export function subject() {
  const element = input("subject");
  return element ? element.value : saved().ticket.subject;
}

export function setSubject(text) {
  const element = input("subject");
  if (!element) throw new RangeError("it cannot be set once the ticket is filed");
  write(element, text);
}

export function assignee() {
  const id = Number(input("assignee_id")?.value);
  return saved().agents.find((one) => one.id === id) ?? null;
}

export function setAssignee(id) {
  write(input("assignee_id"), id === null || id === undefined ? "" : String(id));
}

export function requester() {
  const known = saved().ticket.requester;
  if (known || !input("email")?.value) return known;
  return { id: null, name: input("name").value, email: input("email").value, locale: null };
}

export const fields = () => saved().fields;

export function field(name) {
  return fields().find((one) => one.name === name || String(one.id) === name) ?? null;
}

// A custom field's value. Guesses: a checkbox is "yes" or "no", a date YYYY-MM-DD, what is empty
// null; setting takes true and false as well.
export function value(one) {
  const element = input(one.input);
  if (!element) return null;
  const found = read(element);
  if (one.type === "checkbox") return found ? "yes" : "no";
  if (Array.isArray(found)) return found;
  return found === "" ? null : found;
}

export function setValue(one, given) {
  const element = input(one.input);
  if (!element) throw new RangeError("it is not on this form");
  write(element, given);
}

// -- tags ------------------------------------------------------------------------------------------

const split = (text) => text.toLowerCase().replaceAll(",", " ").split(/\s+/).filter(Boolean);

const boxes = () => [...(form()?.querySelectorAll('input[name="tag"]') ?? [])];

export function tags() {
  const ticked = boxes().filter((one) => one.checked).map((one) => one.value);
  return [...new Set([...ticked, ...split(input("new_tags")?.value ?? "")])].sort();
}

export function setTags(wanted) {
  const left = new Set([wanted].flat().flatMap((one) => split(String(one))));
  for (const one of boxes()) {
    one.checked = left.delete(one.value);
  }
  const more = input("new_tags");
  more.value = [...left].join(" ");
  touched(more);
}

// -- what is being written -------------------------------------------------------------------------

const MODES = { note: "internalNote", public: "publicReply" };

export const comment = () => ({
  text: composer()?.value ?? "",
  type: MODES[input("mode")?.value] ?? "publicReply",
  useRichText: true,
  attachments: [],
});

export function setComment(text) {
  write(composer(), text);
}

export function setMode(type) {
  const wanted = Object.keys(MODES).find((one) => MODES[one] === type);
  if (!wanted) throw new RangeError(`${type} is neither internalNote nor publicReply`);
  const modes = form().elements.namedItem("mode");
  if (!modes) throw new RangeError("there is none to choose here");
  modes.value = wanted;
  touched([...modes].find((one) => one.checked));
}

// Bring what is being written into view: it stands below the conversation.
export const show = () => composer().scrollIntoView({ block: "center" });

// Below what is written already.
export function append(text) {
  const before = composer().value.trimEnd();
  setComment(before ? `${before}\n\n${text}` : text);
  show();
}

// Where the cursor is, or was.
export function insert(text) {
  const box = composer();
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  touched(box);
  show();
}

// -- what an app hides or locks --------------------------------------------------------------------

const veils = new Map(); // "custom_field_1" or "custom_field_1:option" to {hidden, disabled}

export function veil(key, change) {
  veils.set(key, { hidden: false, disabled: false, ...veils.get(key), ...change });
  drape();
}

export const veiled = (key) => veils.get(key) ?? { hidden: false, disabled: false };

// Do to the form's inputs what apps asked for; again, whenever the form is a new one.
export function drape() {
  for (const [key, { hidden, disabled }] of veils) {
    const [name, option] = key.split(":");
    const element = input(ATTRIBUTES[name] ?? field(name)?.input ?? name);
    if (!(element instanceof HTMLElement)) continue;
    if (option !== undefined) {
      const one = [...element.options].find((each) => each.value === option);
      if (one) Object.assign(one, { hidden, disabled });
      continue;
    }
    // Not "disabled": an input that is would not be sent along, and so be emptied.
    const around = element.closest(".field");
    around.hidden = hidden;
    around.inert = disabled;
    around.classList.toggle("locked", disabled);
  }
}
