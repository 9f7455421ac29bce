// The editor below a ticket's conversation: closed until an agent, or an app, opens it for a reply
// or a note; each keeps its own draft.

import { textOf } from "../workspace/form.js";

const OPENED = { public: "ticket.replyClick", note: "ticket.notesClick" };

const around = () => document.getElementById("reply");
const box = () => document.querySelector("[data-composer]");
const modes = () => [...document.querySelectorAll('#reply input[name="mode"]')];

const escaped = (text) => text.replaceAll(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

export const form = () => document.getElementById("say");

export class Editor {
  constructor(tell) {
    this.tell = tell;
    this.mode = null;
    this.drafts = { public: "", note: "" };
    this.attach();
  }

  // The page's elements are new ones: what was being written stands in them again.
  attach() {
    if (!box()) return;
    for (const one of modes()) {
      one.checked = one.value === this.mode;
      one.addEventListener("change", () => this.open(one.value));
    }
    box().value = this.mode ? this.drafts[this.mode] : "";
    this.draw();
  }

  draw() {
    around().classList.toggle("closed", this.mode === null);
  }

  keep() {
    if (this.mode && box()) this.drafts[this.mode] = box().value;
  }

  // Open it for a reply ("public") or a note; `html` is added to what is begun there.
  open(mode, html = "") {
    if (!box()) throw new RangeError("this ticket cannot be answered");
    this.keep();
    const before = this.drafts[mode].trimEnd();
    const more = textOf(html);
    this.drafts[mode] = before && more ? `${before}\n\n${more}` : before || more;
    this.mode = mode;
    for (const one of modes()) one.checked = one.value === mode;
    box().value = this.drafts[mode];
    this.draw();
    box().scrollIntoView({ block: "center" });
    box().focus({ preventScroll: true });
    this.tell(OPENED[mode], {});
  }

  // Set what stands in it: at the end, or in the place of all.
  put(html, replace) {
    if (!this.mode) throw new RangeError("no editor is open");
    if (replace) box().value = "";
    this.open(this.mode, html);
  }

  get text() {
    return box()?.value ?? "";
  }

  // As an event tells it: HTML.
  get html() {
    const blocks = this.text.trim().split(/\n{2,}/);
    return blocks.map((one) => `<p>${escaped(one).replaceAll("\n", "<br>")}</p>`).join("");
  }

  // It was sent.
  close() {
    this.drafts[this.mode] = "";
    this.mode = null;
    this.attach();
  }
}
