// Runs one handler of an app's server.js, with nothing around it but what the platform gives: no
// timers, no files, no network. It is told in a line of JSON what to run, and tells in lines of
// JSON what it asks for ("invoke", answered by a line), what it renders, and how it ended.
// Not a wall: the app is taken for one's own.
'use strict';

const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { runInNewContext } = require('node:vm');

const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const waiting = new Map();
let asked = 0;

function invokeTemplate(name, options) {
  asked += 1;
  const id = asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    say({ invoke: id, name: String(name), options: options ?? {} });
  });
}

async function run({ file, handler, args }) {
  const around = {
    exports: {},
    renderData: (error, data) => say({ render: error ?? null, data: data ?? null }),
    $request: { invokeTemplate },
    console: Object.fromEntries(['log', 'info', 'warn', 'error', 'debug'].map((name) => [name, () => {}])),
  };
  try {
    runInNewContext(readFileSync(file, 'utf8'), around, { filename: file });
    await around.exports[handler](args);
    say({ end: null });
  } catch (error) {
    say({ end: String(error?.name ?? 'Error') }); // its message may hold what customers wrote
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const told = JSON.parse(line);
  if (told.file) {
    run(told);
    return;
  }
  const { resolve, reject } = waiting.get(told.id);
  waiting.delete(told.id);
  if (told.well) resolve(told.came);
  else reject(told.came);
});
