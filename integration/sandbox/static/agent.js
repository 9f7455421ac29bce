// Keeps a page fresh: every two seconds it asks whether anything changed, and then takes from the
// page's newest state the regions marked data-live that differ. What somebody types is never
// touched: then the page says that there is something newer.

const EVERY = 2000;
const FORM = "form";

const form = document.getElementById("edit");
const stale = document.getElementById("stale");
const live = document.getElementById("live");
const regions = () => document.querySelectorAll("[data-live]");
const seen = new Map([...regions()].map((region) => [region.id, region.innerHTML]));

let version = document.body.dataset.version;
let typed = form !== null && "typed" in form.dataset;
let leaving = false;

const note = (event) => {
  if (event.target.form === form && form !== null) typed = true;
};
document.addEventListener("input", note);
document.addEventListener("change", note);
document.addEventListener("submit", () => { leaving = true; });
window.addEventListener("pageshow", () => { leaving = false; });
window.addEventListener("beforeunload", (event) => {
  if (typed && !leaving) event.preventDefault();
});
document.getElementById("problems")?.focus();

function put(region, fresh) {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// True where the page now shows the newest state, or says that it does not.
async function refresh() {
  const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let whole = true;
  for (const region of regions()) {
    const other = fresh.getElementById(region.id);
    if (other === null || other.innerHTML === seen.get(region.id)) continue;
    if (region.dataset.live === FORM) {
      if (typed) {
        stale.hidden = false;
        continue;
      }
      if (region.contains(document.activeElement)) {
        whole = false; // somebody is about to choose: wait until they are done
        continue;
      }
    }
    seen.set(region.id, other.innerHTML);
    put(region, other);
  }
  if (whole) version = fresh.body.dataset.version;
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

setTimeout(look, EVERY);
