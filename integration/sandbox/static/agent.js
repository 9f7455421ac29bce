// Keeps a page fresh: every two seconds it asks whether anything changed, and then takes from the
// page's newest state the regions marked data-live that differ. What somebody types is never
// touched: then the page says that there is something newer.
//
// Whoever must know that something on the page is new listens for "sheet:fresh" on the document;
// its detail is true where it was this page's own doing.

const EVERY = 2000;
const FORM = "form";

const live = document.getElementById("live");
const regions = () => document.querySelectorAll("[data-live]");
const form = () => document.getElementById("edit");

let seen = new Map();
let version = document.body.dataset.version;
let typed = false;
let leaving = false;

// What is on the page is from now on what it is compared with.
function settle() {
  seen = new Map([...regions()].map((region) => [region.id, region.innerHTML]));
  typed = form() !== null && "typed" in form().dataset;
}

const note = (event) => {
  if (event.target.form && event.target.form === form()) typed = true;
};
document.addEventListener("input", note);
document.addEventListener("change", note);
document.addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
window.addEventListener("pageshow", () => { leaving = false; });
window.addEventListener("beforeunload", (event) => {
  if (typed && !leaving) event.preventDefault();
});
document.getElementById("problems")?.focus();
settle();

export const isTyped = () => typed;

// Leave the page, although something is typed: it was saved.
export function leave(url) {
  leaving = true;
  location.assign(url);
}

// Show a page that was just fetched in the place of this one, all but the apps beside it. `own`: it
// came of this page's own save, and shows nothing that others did.
export function take(fresh, own) {
  for (const id of ["told", "sheet"]) {
    const now = document.getElementById(id);
    const other = fresh.getElementById(id);
    if (now && other) now.replaceChildren(...other.childNodes);
  }
  version = fresh.body.dataset.version;
  settle();
  tell(own);
  document.getElementById("problems")?.focus();
}

const tell = (own) => document.dispatchEvent(new CustomEvent("sheet:fresh", { detail: own }));

function put(region, fresh) {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

// Show what is new on a page that was just fetched, and keep what is typed.
export function renew(fresh) {
  let whole = true;
  let some = false;
  for (const region of regions()) {
    const other = fresh.getElementById(region.id);
    if (other === null || other.innerHTML === seen.get(region.id)) continue;
    if (region.dataset.live === FORM) {
      if (typed) {
        document.getElementById("stale").hidden = false;
        continue;
      }
      if (region.contains(document.activeElement)) {
        whole = false; // somebody is about to choose: wait until they are done
        continue;
      }
    }
    seen.set(region.id, other.innerHTML);
    put(region, other);
    some = true;
  }
  if (whole) version = fresh.body.dataset.version;
  if (some) tell(false);
}

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch("/agent/version", { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      if ((await answer.json()).version !== version) await refresh();
      live.textContent = "";
    } catch {
      live.textContent = "No answer from the sandbox. This page may be out of date.";
    }
  }
  setTimeout(look, EVERY);
}

if (live) setTimeout(look, EVERY); // other pages do not keep themselves fresh
