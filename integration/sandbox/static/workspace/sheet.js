// A ticket as it stands in the agent's window: the page's form, saved or not, read and written by
// the names that Zendesk's app framework has for things.

const form = () => document.getElementById("edit");
const composer = () => document.querySelector("[data-composer]");
const input = (name) => form()?.elements.namedItem(name) ?? null;

export const saved = () => JSON.parse(document.getElementById("saved").textContent);

// -- inputs ----------------------------------------------------------------------------------------

function read(element) {
  if (element instanceof HTMLSelectElement && element.multiple) {
    return [...element.selectedOptions].map((one) => one.value);
  }
  if (element.type === "checkbox") return element.checked;
  return element.value;
}

function write(element, value) {
  if (element instanceof HTMLSelectElement) {
    const wanted = new Set([value ?? ""].flat().map(String));
    for (const one of wanted) {
      if (one && ![...element.options].some((option) => option.value === one)) {
        throw new RangeError(`${one} is no option of it`);
      }
    }
    for (const option of element.options) option.selected = wanted.has(option.value);
  } else if (element.type === "checkbox") {
    element.checked = [true, "yes", "true", "1", 1].includes(value);
  } else {
    element.value = value === null || value === undefined ? "" : String(value);
  }
  touched(element);
}

// As if somebody had typed it.
function touched(element) {
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

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

const BLOCKS = "p, div, li, tr, blockquote, pre, h1, h2, h3, h4, h5, h6, ul, ol, table";

// The text of some HTML. The composer here is plain: it keeps what is said, and not how it looks.
export function textOf(markup) {
  const found = new DOMParser().parseFromString(String(markup), "text/html").body;
  for (const one of found.querySelectorAll("br")) one.replaceWith("\n");
  for (const one of found.querySelectorAll("li")) one.prepend("- ");
  for (const one of found.querySelectorAll(BLOCKS)) {
    one.append(one.matches("li, tr") ? "\n" : "\n\n");
  }
  return found.textContent.replaceAll(/[ \t]+\n/g, "\n").replaceAll(/\n{3,}/g, "\n\n").trim();
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
