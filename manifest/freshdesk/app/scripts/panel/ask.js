/** What is asked of the service, and what can go wrong, sorted by what is to be done about it. */

/** Seconds before each new try of what passes by itself. */
const PAUSES = [2, 5, 10, 20, 40, 60];
const KINDS = { 401: 'unproven', 403: 'unproven', 404: 'unconnected', 409: 'gone', 422: 'no_ticket', 429: 'busy' };

/** Anything that was thrown: `kind` says what to tell, `wait` the seconds that it asked for. */
export function sorted(failed) {
  if (failed?.kind) return failed;
  if (failed instanceof SyntaxError) return { kind: 'unconnected' }; // a page, and not our JSON
  const { status = 0, wait } = failed ?? {};
  return { kind: KINDS[status] ?? (status >= 400 && status < 500 ? 'misfit' : 'away'), wait };
}

/** Seconds until the next try by itself; null: a person must act first. */
export function pause({ kind, wait }, tried) {
  const least = ['away', 'busy'].includes(kind) && PAUSES[tried];
  return least ? Math.min(Math.max(wait ?? 0, least), 120) : null;
}

/** The service, asked through the helpdesk's window. */
export function service(desk) {
  const ask = async (path, body) => {
    if (!desk.settings.service || !desk.settings.installation) throw { kind: 'settings' };
    const answer = await desk.service(path, body);
    if (typeof answer?.state !== 'string') throw { kind: 'unconnected' };
    return answer;
  };
  return {
    ticket: (body) => ask('/panel/ticket', body),
    again: (ticket) => ask('/panel/again', { ticket }),
  };
}
