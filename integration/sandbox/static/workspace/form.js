// A page's form: its inputs, read and written as if somebody had typed, the text of some HTML for
// them, and sending it.

export function read(element) {
  if (element instanceof HTMLSelectElement && element.multiple) {
    return [...element.selectedOptions].map((one) => one.value);
  }
  if (element.type === "checkbox") return element.checked;
  return element.value;
}

export function write(element, value) {
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
export function touched(element) {
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
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

// Send a form as the browser would, without leaving the page: the answer, and the page that it is;
// neither where nobody answers.
export async function posted(form, button) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, button)),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { answer, page };
  } catch {
    return { answer: null, page: null };
  }
}
