/**
 * What runs on the platform: whether the service can be reached is tried as the app is installed,
 * and new tickets are reported to it. Nothing is kept here, and nothing is logged: the payloads hold
 * the app's secret and what customers write.
 */

exports = {
  /** Refuses settings with which the app could not work. */
  onAppInstallHandler: async function (args) {
    const wrong = unfit(args.iparams) || await unanswered();
    if (wrong) renderData({ message: wrong });
    else renderData();
  },

  /** Always lets it go; what stands in the account is the account's own. */
  onAppUninstallHandler: function () {
    renderData();
  },

  /** Says which ticket is new, and nothing of it: the service reads it itself. */
  onTicketCreateHandler: async function (args) {
    const told = { v: '1', event: 'ticket_created', ticket_id: String(args.data.ticket.id) };
    try {
      await $request.invokeTemplate('reportTicket', { context: {}, body: JSON.stringify(told) });
    } catch {
      // Tried as often as its template says. The service looks for changed tickets by itself, too.
    }
  }
};

const HOST = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i;
const INSTALLATION = /^[A-Za-z0-9._-]{1,40}$/;

/** What can go wrong, in the sixty characters that are shown. */
const SAID = {
  host: 'Service host: a host name alone, without https:// or path.',
  installation: 'Installation: copy its name from the set-up page.',
  secret: 'The app secret is not accepted. Copy it once more.',
  unknown: 'The service does not know this installation.',
  busy: 'The service is busy. Try again in a minute.',
  away: 'The service does not answer. Check the service host.',
  other: 'There is no Warranty Desk service at this host.'
};
const BY_STATUS = { 401: 'secret', 403: 'secret', 404: 'unknown', 429: 'busy' };

/** What is wrong with the settings themselves. */
function unfit(iparams) {
  if (!HOST.test(iparams.service_host)) return SAID.host;
  return INSTALLATION.test(iparams.installation) ? null : SAID.installation;
}

/** What is wrong with the service's answer. A ticket that is not filed yet is no customer's. */
async function unanswered() {
  const asked = { ticket: null, fields: false };
  try {
    const { response } = await $request.invokeTemplate('getVerdict', { context: {}, body: JSON.stringify(asked) });
    return typeof JSON.parse(response).state === 'string' ? null : SAID.other;
  } catch (failed) {
    return reason(failed);
  }
}

function reason(failed) {
  if (failed instanceof SyntaxError) return SAID.other;
  const status = Number(failed && failed.status) || 0;
  if (BY_STATUS[status]) return SAID[BY_STATUS[status]];
  return status >= 400 && status < 500 ? SAID.other : SAID.away;
}
