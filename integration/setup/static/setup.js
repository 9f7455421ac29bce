// While the worker is at something, ask how it went and show it: without this script, a button does.
// What somebody is filling in is left alone, and so is whatever has not changed.

const FIRST = 600;
const LONGEST = 5000;

const page = () => document.getElementById("page");
const busy = () => page()?.dataset.busy ?? "";
const sections = (root) => root.querySelectorAll("section[aria-labelledby]");
const name = (section) => section.getAttribute("aria-labelledby");

// Passes are new each time.
const plain = (section) => section.innerHTML.replace(/(name="pass" value=")[^"]*/g, "$1");

// What the server last said of each section.
const shown = new Map([...sections(document)].map((one) => [name(one), plain(one)]));
const touched = new Set();

function touch(event) {
  const section = event.target.closest("section[aria-labelledby]");
  if (section) touched.add(name(section));
}

function show(fresh) {
  const now = fresh.getElementById("page");
  if (!now) return;
  const before = busy();
  page().dataset.busy = now.dataset.busy;
  for (const section of sections(page())) {
    const other = [...sections(now)].find((one) => name(one) === name(section));
    if (!other || touched.has(name(section)) || plain(other) === shown.get(name(section))) continue;
    shown.set(name(section), plain(other));
    const focused = section.contains(document.activeElement);
    section.replaceWith(document.adoptNode(other));
    // Whoever was on a button that is gone goes on from where it was.
    if (focused) other.querySelector("h2")?.focus({ preventScroll: true });
  }
  const pass = now.querySelector("#again input[name=pass]")?.value;
  for (const old of document.querySelectorAll("input[name=pass]")) old.value = pass ?? old.value;
  if (before !== busy()) tell(before);
}

// For those who do not see the page change.
function tell(before) {
  const words = { look: "Looked", place: "Put in place", try: "Tried", examine: "Examined" };
  const ended = before.split(" ").filter((one) => one && !busy().split(" ").includes(one));
  document.getElementById("news").textContent = ended.map((one) => `${words[one]}: see the page.`).join(" ");
}

async function again(pause) {
  const form = document.getElementById("again");
  if (!form || !busy()) return;
  let next = Math.min(pause * 1.1, LONGEST);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.status === 403) return; // the session has ended: whatever is pressed next says so
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    else next = LONGEST;
  } catch {
    next = LONGEST;
  }
  setTimeout(again, next, next);
}

document.addEventListener("input", touch);
setTimeout(again, FIRST, FIRST);
