/** The panel's words, days and numbers in the reader's language. */

const LOCALES = ['en', 'de', 'fr', 'es', 'zh-CN'];
const RIGHT_TO_LEFT = /^(ar|he|fa|ur|ckb|dv|ps|sd|ug|yi)\b/;

const dashed = (locale) => String(locale || '').replace('_', '-');

function nearest(locale) {
  const wanted = dashed(locale).toLowerCase();
  return LOCALES.find((one) => one.toLowerCase() === wanted)
    ?? LOCALES.find((one) => one.slice(0, 2) === wanted.split('-')[0])
    ?? 'en';
}

/** A language's tag as a browser knows it: a helpdesk has some of its own. */
export function tag(locale) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(dashed(locale))[0] ?? nearest(locale);
  } catch {
    return nearest(locale);
  }
}

/** Loads the words nearest to a language. */
export async function load(locale) {
  const texts = await fetched(nearest(locale)).catch(() => fetched('en'));
  return speaker(texts, tag(locale));
}

async function fetched(name) {
  const answer = await fetch(new URL(`../words/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  return answer.json();
}

/** `say(key, values)`: a text with its `{names}` filled in; by `count`, in the number's own form. */
function speaker(texts, locale) {
  const plural = new Intl.PluralRules(locale);
  // A day of the calendar is no moment: it is read and shown in one zone.
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const far = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const either = new Intl.ListFormat(locale, { type: 'disjunction' });
  const say = (key, values = {}) => {
    const form = 'count' in values ? `${key}.${plural.select(values.count)}` : key;
    const found = texts[form] ?? texts[`${key}.other`] ?? key;
    return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
  return Object.assign(say, {
    has: (key) => key in texts,
    day: (iso) => days.format(new Date(iso)),
    moment: (iso) => moments.format(new Date(iso)),
    away: (iso, today) => far.format(between(today, iso), 'day'),
    language: (one) => new Intl.DisplayNames([locale], { type: 'language' }).of(one),
    either: (list) => either.format(list),
    locale,
    direction: RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr',
  });
}

/** Days from one calendar day (`YYYY-MM-DD`) to another. */
export function between(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
