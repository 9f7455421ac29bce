// Notices what changes in the agent's window, whoever changes it, and tells the apps.

import * as sheet from "./sheet.js";

const OTHERS = ["updatedAt"]; // by these it is known that somebody saved the ticket

function now() {
  const person = sheet.assignee();
  const seen = {
    "ticket.subject": sheet.subject(),
    "ticket.status": sheet.attribute("status"),
    "ticket.priority": sheet.attribute("priority"),
    "ticket.type": sheet.attribute("type"),
    "ticket.tags": sheet.tags(),
    "ticket.assignee.user.id": person?.id ?? null,
    "ticket.assignee.user.name": person?.name ?? null,
    "ticket.requester.id": sheet.requester()?.id ?? null,
    "ticket.requester.email": sheet.requester()?.email ?? null,
    "comment.text": sheet.comment().text,
    "comment.type": sheet.comment().type,
  };
  for (const one of sheet.fields()) seen[`ticket.${one.name}`] = sheet.value(one);
  return seen;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Changes {
  constructor(tell) {
    this.tell = tell;
    this.seen = now();
    this.saved = this.stamp();
  }

  stamp() {
    const { ticket } = sheet.saved();
    return [ticket.comments.length, ...OTHERS.map((name) => ticket[name])];
  }

  // `own`: what is new was saved here, and nobody else's update.
  look(own = false) {
    const before = this.seen;
    this.seen = now();
    for (const [name, value] of Object.entries(this.seen)) {
      if (same(value, before[name])) continue;
      this.tell(`${name}.changed`, value);
      this.tell("*.changed", { propertyName: name, newValue: value, oldValue: before[name] });
    }
    const stamp = this.stamp();
    if (same(stamp, this.saved)) return;
    const more = stamp[0] !== this.saved[0];
    this.saved = stamp;
    if (more) this.tell("ticket.comments.changed", sheet.saved().ticket.comments);
    if (!own) this.tell("ticket.updated", {});
  }
}
