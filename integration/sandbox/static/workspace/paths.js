// What an app gets, sets and invokes, by the paths of Zendesk's apps API:
// developer.zendesk.com/api-reference/apps/apps-support-api/ticket_sidebar and …/apps-core-api.
// A path that is not there is an error of its own; its name is a guess.

import * as sheet from "./sheet.js";

function unknown(path) {
  const error = new Error(`No such Api: ${path}`);
  error.name = "APINotFoundError";
  return error;
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
export const colorScheme = () => (dark.matches ? "dark" : "light");
export const onColorScheme = (told) => dark.addEventListener("change", () => told(colorScheme()));

const person = (one) => one && { ...one };

function assignee() {
  const user = sheet.assignee();
  return { group: user?.groups[0] ?? null, user: person(user) };
}

function fieldObject(one) {
  const { hidden, disabled } = sheet.veiled(one.name);
  const { input, ...told } = one;
  return { ...told, isVisible: !hidden, isEnabled: !disabled };
}

const SYSTEM = [
  { name: "subject", label: "Subject", type: "text" },
  { name: "status", label: "Status", type: "status" },
  { name: "type", label: "Type", type: "type" },
  { name: "priority", label: "Priority", type: "priority" },
  { name: "tags", label: "Tags", type: "tags" },
  { name: "assignee", label: "Assignee", type: "assignee" },
];

const allFields = () => [...SYSTEM, ...sheet.fields()].map(fieldObject);

function ticket() {
  const { comments, ...saved } = sheet.saved().ticket;
  return {
    ...saved,
    subject: sheet.subject(),
    status: sheet.attribute("status"),
    priority: sheet.attribute("priority"),
    type: sheet.attribute("type"),
    tags: sheet.tags(),
    requester: person(sheet.requester()),
    assignee: assignee(),
    organization: null,
    collaborators: [],
    sharedWith: [],
    viewers: [],
    comment: sheet.comment(),
    comments,
    conversation: comments.map((one) => ({
      channel: { name: one.via.channel },
      message: { content: one.value, contentType: "text/html" },
      timestamp: one.createdAt,
      author: one.author,
    })),
    editor: {},
    postSaveAction: null,
  };
}

// What stands at the first part of a path; `host` is what the page was told of the account.
const roots = (host) => ({
  currentUser: () => host.user,
  currentAccount: () => ({ subdomain: host.subdomain, planName: "Sandbox", timeFormat: 24 }),
  colorScheme,
  instances: () => Object.fromEntries(host.apps.map((one) => [one.guid, {
    instanceGuid: one.guid, product: host.product, location: host.location,
  }])),
  ...(document.getElementById("saved") === null ? {} : {
    ticket,
    comment: sheet.comment,
    ticketFields: allFields,
  }),
});

// Parts are separated by dots; what follows a colon names one of several: "ticketFields:status".
export function get(host, path) {
  if (path.startsWith("requirement:")) return requirement(host, path);
  const custom = path.match(/^ticket\.customField:(.+)$/);
  if (custom && document.getElementById("saved")) return sheet.value(fieldAt(custom[1], path));
  const [first, ...rest] = path.split(".");
  const [root, which] = first.split(":");
  const made = Object.hasOwn(roots(host), root) ? roots(host)[root] : null;
  if (!made) throw unknown(path);
  let found = made();
  if (which !== undefined) found = pick(found, which, path);
  for (const part of rest) {
    const [name, key] = part.split(":");
    if (found === null) return null; // nobody is assigned: so nobody's name is there
    if (typeof found !== "object" || !Object.hasOwn(found, name)) throw unknown(path);
    found = found[name];
    if (key !== undefined) found = pick(found, key, path);
  }
  return found;
}

function pick(found, key, path) {
  const one = Array.isArray(found)
    ? found.find((each) => each.name === key || each.value === key) ?? found[Number(key)]
    : found[key];
  if (one === undefined) throw unknown(path);
  return one;
}

function requirement(host, path) {
  const one = host.requirements[path.slice("requirement:".length)];
  if (!one) throw unknown(path);
  return one;
}

function fieldAt(name, path) {
  const one = sheet.field(name);
  if (!one) throw unknown(path);
  return one;
}

const SETTERS = {
  "ticket.subject": sheet.setSubject,
  "ticket.status": (value) => sheet.setAttribute("status", value),
  "ticket.priority": (value) => sheet.setAttribute("priority", value),
  "ticket.type": (value) => sheet.setAttribute("type", value),
  "ticket.tags": sheet.setTags,
  "ticket.assignee": (value) => sheet.setAssignee(value?.userId ?? value?.user?.id ?? null),
  "ticket.comment.text": sheet.setComment,
  "ticket.comment.type": sheet.setMode,
  "comment.text": sheet.setComment,
  "comment.type": sheet.setMode,
};

// Gives what then stands there.
export function set(host, path, value) {
  if (!document.getElementById("saved")) throw unknown(path);
  const custom = path.match(/^ticket\.customField:(.+)$/);
  if (custom) sheet.setValue(fieldAt(custom[1], path), value);
  else if (Object.hasOwn(SETTERS, path)) SETTERS[path](value);
  else throw unknown(path);
  return get(host, path);
}

const TICKET_ACTIONS = {
  "ticket.tags.add": (...more) => sheet.setTags([...sheet.tags(), ...more.flat()]),
  "ticket.tags.remove": (...less) => {
    const gone = new Set(less.flat().flatMap((one) => String(one).split(/[\s,]+/)));
    sheet.setTags(sheet.tags().filter((one) => !gone.has(one)));
  },
  "ticket.editor.insert": (markup) => sheet.insert(sheet.textOf(markup)),
};
for (const root of ["ticket.comment", "comment"]) {
  TICKET_ACTIONS[`${root}.appendText`] = (text) => sheet.append(String(text));
  TICKET_ACTIONS[`${root}.appendMarkdown`] = (text) => sheet.append(String(text));
  TICKET_ACTIONS[`${root}.appendHtml`] = (markup) => sheet.append(sheet.textOf(markup));
}

const VEILS = {
  show: () => ({ hidden: false }),
  hide: () => ({ hidden: true }),
  toggle: (now) => ({ hidden: !now.hidden }),
  enable: () => ({ disabled: false }),
  disable: () => ({ disabled: true }),
};

// `actions` are those that the page itself does for apps: (frame, ...args) by name.
export async function invoke(frame, actions, name, args) {
  if (Object.hasOwn(actions, name)) return actions[name](frame, ...args);
  if (document.getElementById("saved")) {
    if (Object.hasOwn(TICKET_ACTIONS, name)) return TICKET_ACTIONS[name](...args);
    const [, field, option, verb] =
      name.match(/^ticketFields:([^.]+)(?:\.optionValues:([^.]+))?\.(\w+)$/) ?? [];
    if (Object.hasOwn(VEILS, verb ?? "")) {
      if (!allFields().some((one) => one.name === field)) throw unknown(name);
      const key = option === undefined ? field : `${field}:${option}`;
      return sheet.veil(key, VEILS[verb](sheet.veiled(key)));
    }
  }
  throw unknown(name);
}
