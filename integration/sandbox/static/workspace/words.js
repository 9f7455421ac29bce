// What the page says to the agent for its apps: notices that go away, and why a save was stopped.

const TIME = 5000; // milliseconds that a notice stays
const TONES = { notice: "good", alert: "ask", error: "bad" };

function paragraph(tone, words) {
  const one = document.createElement("p");
  one.className = `message ${tone}`;
  one.textContent = words;
  return one;
}

export function notice(words, kind, options) {
  const one = paragraph(TONES[kind] ?? "good", words);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "plain-button";
  close.textContent = "Close";
  close.addEventListener("click", () => one.remove());
  one.append(" ", close);
  document.getElementById("notices").append(one);
  const sticky = options?.sticky === true || options?.sticky === "true";
  if (!sticky) setTimeout(() => one.remove(), Number(options?.timeout) || TIME);
}

// Say that the ticket was not saved (or `what` was not done), and why; without words, say nothing
// any more.
export function refusal(name, words, what = "Not saved.") {
  const told = document.getElementById("told");
  told.replaceChildren();
  if (words === undefined) return;
  const why = words || "It gave no reason.";
  const one = paragraph("bad", name ? `${what} ${name}: ${why}` : why);
  one.setAttribute("role", "alert");
  one.tabIndex = -1;
  told.append(one);
  one.focus();
}
