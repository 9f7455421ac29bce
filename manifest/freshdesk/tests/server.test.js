import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';

const here = (path) => fileURLToPath(new URL(`../server/${path}`, import.meta.url));
const payload = (path) => JSON.parse(readFileSync(here(`test_data/${path}.json`), 'utf8'));
const SERVER = here('server.js');

/** The app's server as the platform runs it: nothing around it but what the platform gives. */
function loaded(invokeTemplate) {
  const sandbox = { exports: {}, renderData: vi.fn(), $request: { invokeTemplate: vi.fn(invokeTemplate) } };
  // Its own errors are the sandbox's; named, so that what it covers is counted.
  runInNewContext(readFileSync(SERVER, 'utf8'), sandbox, { filename: SERVER });
  return { ...sandbox, invoked: sandbox.$request.invokeTemplate.mock.calls };
}

const answering = (body) => async () => ({ status: 200, response: JSON.stringify(body) });
const failing = (failed) => async () => { throw failed; };

async function installed(invokeTemplate, iparams) {
  const server = loaded(invokeTemplate);
  const args = payload('common/onAppInstall');
  await server.exports.onAppInstallHandler({ ...args, iparams: { ...args.iparams, ...iparams } });
  expect(server.renderData).toHaveBeenCalledTimes(1);
  return { ...server, said: server.renderData.mock.calls[0][0]?.message };
}

describe('as the app is installed', () => {
  test('a service that answers is enough, and is asked for no ticket', async () => {
    const { said, invoked } = await installed(answering({ state: 'not_set_up', mode: 'off' }));
    expect(said).toBeUndefined();
    expect(invoked).toHaveLength(1);
    const [template, { body }] = invoked[0];
    expect(template).toBe('getVerdict');
    expect(JSON.parse(body)).toEqual({ ticket: null, fields: false });
  });

  test.each([
    'https://warranty.example.com', 'warranty.example.com/', 'warranty.example.com:8443', 'localhost',
    'a b.example.com', '-a.example.com', '', undefined,
  ])('the host %j is none, and nothing is sent there', async (host) => {
    const { said, invoked } = await installed(answering({ state: 'claim' }), { service_host: host });
    expect(said).toMatch(/^Service host/);
    expect(invoked).toHaveLength(0);
  });

  test.each(['', 'a/b', 'a b', 'x'.repeat(41)])('the installation %j is none', async (installation) => {
    const { said, invoked } = await installed(answering({ state: 'claim' }), { installation });
    expect(said).toMatch(/^Installation/);
    expect(invoked).toHaveLength(0);
  });

  test.each([
    [401, /secret/], [403, /secret/], [404, /installation/], [429, /busy/], [400, /no Warranty Desk/],
    [500, /does not answer/], [503, /does not answer/], [undefined, /does not answer/],
  ])('status %j is told in words', async (status, words) => {
    const { said } = await installed(failing({ status }));
    expect(said).toMatch(words);
    expect(said.length).toBeLessThanOrEqual(60);
  });

  test('no answer at all is told, too', async () => {
    expect((await installed(failing(undefined))).said).toMatch(/does not answer/);
  });

  test.each([{ pages: 'of another' }, { state: 3 }])('another service is not taken for ours: %j', async (body) => {
    expect((await installed(answering(body))).said).toMatch(/no Warranty Desk/);
  });

  test('a page is no answer', async () => {
    expect((await installed(async () => ({ status: 200, response: '<html>' }))).said).toMatch(/no Warranty Desk/);
  });

  test('all that may be said is short enough to be shown', () => {
    const texts = [...readFileSync(SERVER, 'utf8').matchAll(/^ {2}\w+: '([^']+)',?$/gm)].map(([, text]) => text);
    expect(texts.length).toBeGreaterThanOrEqual(7);
    for (const text of texts) expect(text.length).toBeLessThanOrEqual(60);
  });
});

test('nothing keeps the app from being removed', () => {
  const server = loaded(failing({ status: 500 }));
  server.exports.onAppUninstallHandler(payload('common/onAppUninstall'));
  expect(server.renderData.mock.calls).toEqual([[]]);
  expect(server.invoked).toHaveLength(0);
});

describe('as a ticket is created', () => {
  const created = payload('support_ticket/onTicketCreate');

  test('its number is reported, and nothing else of it', async () => {
    const { exports, invoked } = loaded(answering({}));
    await exports.onTicketCreateHandler(created);
    expect(invoked).toHaveLength(1);
    const [template, { body }] = invoked[0];
    expect(template).toBe('reportTicket');
    expect(JSON.parse(body)).toEqual({ v: '1', event: 'ticket_created', ticket_id: '165' });
  });

  test('a service that is away is no error of the platform', async () => {
    const { exports } = loaded(failing({ status: 503 }));
    await expect(exports.onTicketCreateHandler(created)).resolves.toBeUndefined();
  });
});
