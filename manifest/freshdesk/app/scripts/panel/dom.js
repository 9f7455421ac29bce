/** Elements made one by one. Text only ever becomes a text node: nothing here reads HTML. */

const SVG = 'http://www.w3.org/2000/svg';

/** An element; after its tag come attributes and listeners (`onclick`), if any, then its children. */
export const h = (tag, ...rest) => filled(document.createElement(tag), rest);

/** The same for SVG. */
export const svg = (tag, ...rest) => filled(document.createElementNS(SVG, tag), rest);

/** A paragraph of a class. */
export const p = (name, ...children) => h('p', { class: name }, ...children);

function filled(element, [first, ...rest]) {
  const given = first && Object.getPrototypeOf(first) === Object.prototype;
  const { value, ...attributes } = given ? first : {};
  for (const [name, one] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), one);
    else if (one || one === 0) element.setAttribute(name, one === true ? '' : one);
  }
  element.append(...(given ? rest : [first, ...rest]).flat(4).filter((one) => one || one === 0));
  if (value !== undefined) element.value = value ?? ''; // a list's, once its options are there
  return element;
}

const ICONS = {
  yes: 'M3.5 8.5l3 3 6-7',
  no: 'M4 4l8 8M12 4l-8 8',
  ask: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.8M8 12.6v.1',
  wait: 'M4.5 2.5h7M4.5 13.5h7M5.5 2.5c0 3 5 4.5 5 5.5s-5 2.5-5 5.5M10.5 2.5c0 3-5 4.5-5 5.5s5 2.5 5 5.5',
  refund: 'M6.5 3.5L3 7l3.5 3.5M3 7h6.5a3 3 0 0 1 0 6H7',
  away: 'M6 3.5h6.5V10M12 4L3.5 12.5',
  look: 'M1.5 8s2.5-4.5 6.5-4.5S14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.3v3.4M6.3 8h3.4',
  hold: 'M5.5 3.5v9M10.5 3.5v9',
  warn: 'M8 2l6.5 11.5h-13zM8 6.5v3M8 11.4v.1',
  person: 'M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 14c0-3 2.2-4.5 5-4.5s5 1.5 5 4.5',
};

/** A drawing that says what the words beside it say. */
export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: ICONS[name] }));
}

const drawn = new WeakMap();

/**
 * Shows sections in their order. One that is as it was drawn stays, with what is being typed in it;
 * in one that is new, the focus goes to the control of the same `data-k`.
 */
export function show(root, sections) {
  const focused = document.activeElement?.dataset.k;
  const old = [...root.children];
  const wanted = sections.map((section) => old.find((one) => drawn.get(one)?.isEqualNode(section)) ?? section);
  for (const node of old) if (!wanted.includes(node)) node.remove();
  wanted.forEach((node, place) => {
    if (!drawn.has(node)) drawn.set(node, node.cloneNode(true));
    if (root.children[place] !== node) root.insertBefore(node, root.children[place] ?? null);
  });
  if (focused && document.activeElement?.dataset.k !== focused) {
    root.querySelector(`[data-k="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}
