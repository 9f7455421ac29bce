// A ticket's properties as they stand on the agent's page, by the names that Freshworks' client has
// for them: what was changed and is not saved yet, and what an app sets.

import { write } from "../workspace/form.js";

const INPUTS = { // by the names of "Use interface methods"
  status: "status",
  priority: "priority",
  type: "type",
  ticket_type: "type",
  group: "group_id",
  agent: "responder_id",
  product: "product_id",
};
const NUMBERS = new Set(["status", "priority", "group_id", "responder_id", "product_id"]);
const TOLD = { // by input: the event that tells of a change before it is saved
  priority: "ticket.priorityChanged",
  status: "ticket.statusChanged",
  group_id: "ticket.groupChanged",
  responder_id: "ticket.agentChanged",
  type: "ticket.typeChanged",
};

export const form = () => document.getElementById("edit");
const input = (name) => form()?.elements.namedItem(name) ?? null;
const loaded = () => JSON.parse(input("loaded").value);
const split = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);

function tags() {
  const boxes = [...form().querySelectorAll('input[name="tag"]:checked')].map((one) => one.value);
  return [...new Set([...boxes, ...split(input("new_tags").value)])];
}

// As the form says it: a text.
function text(name) {
  if (name === "tags") return tags().join(",");
  const element = input(name);
  if (element === null) return undefined;
  if (element.type === "checkbox") return element.checked ? "1" : "";
  return element.value.replaceAll("\r\n", "\n");
}

// As an event tells it.
function value(name, given) {
  if (name === "tags") return split(given);
  if (given === "") return null;
  return NUMBERS.has(name) ? Number(given) : given;
}

// What was changed since the form was loaded, as `ticket.propertiesUpdated` tells it; null where
// that is nothing. Guesses: the shape of a change, and that custom fields are told of at all.
export function changed() {
  const found = {};
  for (const [name, before] of Object.entries(loaded())) {
    const now = text(name);
    if (now === undefined || now === before) continue;
    found[name] = { old: value(name, before), new: value(name, now) };
    if (name.startsWith("cf_")) found.isCustomFieldsChanged = true;
  }
  return Object.keys(found).length > 0 ? found : null;
}

// Tells of what an agent changes in the properties that have an event, before it is saved.
export class Changes {
  constructor(tell) {
    this.tell = tell;
    this.renew();
  }

  // The form is a new one.
  renew() {
    this.seen = new Map(Object.keys(TOLD).map((name) => [name, text(name)]));
  }

  look() {
    for (const [name, event] of Object.entries(TOLD)) {
      const before = this.seen.get(name);
      const now = text(name);
      if (now === before) continue;
      this.seen.set(name, now);
      this.tell(event, { old: value(name, before), new: value(name, now) });
    }
  }
}

// Set a property in the form; it waits there for Update. An option goes by its value or its words.
export function set(id, given) {
  if (id === "tag") {
    write(input("new_tags"), [given].flat().join(", "));
    return;
  }
  const element = id.startsWith("cf_") || Object.hasOwn(INPUTS, id) ? input(INPUTS[id] ?? id) : null;
  if (!(element instanceof HTMLElement) || element.disabled) {
    throw new RangeError(`${id}: there is no such field to set here`);
  }
  const options = element instanceof HTMLSelectElement ? [...element.options] : [];
  const named = options.find((one) => given !== "" && one.textContent === String(given));
  write(element, named ? named.value : given);
}
