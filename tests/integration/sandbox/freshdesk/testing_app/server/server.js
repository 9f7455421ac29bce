// Does what its setting `mode` says.
exports = {
  installed: async function (args) {
    const { mode } = args.iparams;
    if (mode === 'silent') return;
    if (mode === 'endless') await new Promise(() => {});
    if (mode === 'refuse') renderData({ message: 'Not with these settings.' });
    else renderData();
  },

  created: async function (args) {
    const { mode } = args.iparams;
    if (mode === 'throw') throw new TypeError(args.data.ticket.subject);
    if (mode === 'spin') for (;;);
    const seen = { args, around: around(), asked: await tried() };
    await $request.invokeTemplate('quick', { body: JSON.stringify(seen) });
  }
};

function around() {
  return ['process', 'require', 'setTimeout', 'fetch', 'Buffer', 'module'].filter((name) => typeof globalThis[name] !== 'undefined');
}

async function tried() {
  try {
    const { response } = await $request.invokeTemplate('chosen', { context: { x: 'of a handler' } });
    return response;
  } catch (failed) {
    return failed;
  }
}
