/** The reply that is suggested, and what may not be said in one. */

import { says } from './says.js';

const TITLE = /^(mr|mrs|ms|dr|herr|frau|mme|m|sr|sra)\.?$/i;

/** The message with the customer's first name in its greeting. */
export function greeted(message, name) {
  // None of what is no plain name: an address, "Doe, Jane", a placeholder.
  const [first] = String(name ?? '').trim().split(/\s+/);
  const plain = /^[\p{L}\p{M}'’-]{1,40}\.?$/u.test(first) && !TITLE.test(first);
  if (!plain || !message.named || !message.text.includes(message.greeting)) return message;
  const named = message.named.replace('{name}', first);
  const put = (text, words) => text.replace(message.greeting, () => words);
  const escaped = named.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  return { ...message, text: put(message.text, named), html: put(message.html, escaped) };
}

/** Looks over a reply before it is sent. It warns of a thing once: who submits again means it. */
export function overlook(answer, desk, say, warned) {
  const passed = new Set();
  desk.on('saved', () => passed.clear());
  desk.beforeSave(async () => {
    const { contradicts, turned, counts } = answer() ?? {};
    if (!contradicts?.coverage.length && !contradicts?.freight.length) return null;
    // A window that does not answer keeps no reply back.
    const late = new Promise((go) => { setTimeout(go, 1000, null); });
    const written = await Promise.race([desk.composer().catch(() => null), late]);
    if (written?.mode !== 'public') return null;
    const text = written.text.toLowerCase().replace(/\s+/g, ' ');
    const hits = Object.entries(contradicts)
      .map(([kind, phrases]) => [kind, phrases.find((one) => says(text, one, turned))])
      .filter(([, phrase]) => phrase);
    const key = JSON.stringify([hits, counts.status, counts.payer]);
    if (!hits.length || passed.has(key)) return null;
    passed.add(key);
    const values = { verdict: counts.label ?? say('status.none'), payer: say(`payer.${counts.payer ?? 'undetermined'}`) };
    const said = hits.map(([kind, phrase]) => say(`warn.${kind}`, { ...values, phrase }));
    said.push(say('warn.again'));
    warned(said);
    return said.join(' ');
  });
}
