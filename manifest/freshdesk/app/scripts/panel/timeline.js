/** A claim's days as a picture: an axis to scale, each day joined to its row of words. */

import { h, svg } from './dom.js';
import { between } from './words.js';
import { section } from './view/parts.js';

const WIDE = 64;
const AXIS = 30;
// Name, from, to, place.
const SPANS = [
  ['refund_window', 'purchase', 'refund_window', 5],
  ['warranty', 'purchase', 'warranty_end', 12],
  ['claim', 'opened', 'claim_deadline', 19],
];

/** The picture and the list of days. */
export function timeline({ answer }, say) {
  const days = answer.timeline;
  if (days.length < 2) return null;
  const rows = list(days, say);
  const drawn = h('div', { 'aria-hidden': 'true' });
  // Rows are as high as their words need in this language, width and zoom.
  new ResizeObserver(() => drawn.replaceChildren(picture(days, rows))).observe(rows);
  return section('timeline', say('timeline'), h('div', { class: 'course' }, drawn, rows));
}

function list(days, say) {
  const today = days.find((one) => one.key === 'today')?.date;
  return h('ol', days.map(({ key, label, date, provisional }) => h('li', { class: key },
    h('span', { class: 'label' }, label),
    h('span', h('time', { datetime: date }, say.day(date)), h('small',
      key !== 'today' && today && ` · ${say.away(date, today)}`,
      provisional && ` · ${say('provisional')}`)))));
}

function picture(days, rows) {
  const centres = [...rows.children].map((row) => row.offsetTop - rows.offsetTop + row.offsetHeight / 2);
  const [top, bottom] = [centres[0], centres.at(-1)];
  const length = Math.max(between(days[0].date, days.at(-1).date), 1);
  const y = ({ date }) => top + (between(days[0].date, date) / length) * (bottom - top);
  const at = Object.fromEntries(days.map((one) => [one.key, y(one)]));
  const line = (name, x, y1, y2) => svg('line', { class: name, x1: x, x2: x, y1, y2 });
  return svg('svg', { width: WIDE, height: rows.offsetHeight },
    SPANS.map(([name, from, to, x]) => from in at && to in at
      && line(`span ${name}`, x, at[from], Math.max(at[to], at[from] + 1))),
    line('axis', AXIS, top, bottom),
    days.map(({ key }, row) => svg('g', { class: `day ${key}` },
      svg('path', { d: `M${AXIS} ${at[key]}C${AXIS + 18} ${at[key]} ${WIDE - 20} ${centres[row]} ${WIDE - 4} ${centres[row]}` }),
      svg('circle', { cx: AXIS, cy: at[key], r: key === 'today' ? 5 : 3.5 }))));
}
