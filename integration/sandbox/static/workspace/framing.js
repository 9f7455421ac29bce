// The frame of an app on an agent's page: made, heard of, or given up.

export const SILENT = 10_000; // milliseconds after which a frame that has not spoken is given up

const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups " +
  "allow-popups-to-escape-sandbox allow-modals allow-downloads";

export function framed(url, name, { fixed = false } = {}) {
  const element = document.createElement("iframe");
  element.title = name;
  element.setAttribute("sandbox", SANDBOX);
  element.allow = "clipboard-write";
  if (fixed) element.className = "fixed";
  element.src = url;
  return element;
}

// Say in the place of a frame that nothing is heard of it.
export function mourn(place, said) {
  const words = document.createElement("p");
  words.className = "silent";
  words.setAttribute("role", "status");
  words.textContent = said;
  place.prepend(words);
}

// It has spoken, be it late.
export function heard(element) {
  const words = element.previousElementSibling;
  if (words?.classList.contains("silent")) words.remove();
  element.parentElement.classList.add("heard");
}
