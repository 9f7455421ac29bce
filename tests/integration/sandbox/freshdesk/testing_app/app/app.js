// An app that does what a test tells it to: the test calls these from outside.
"use strict";

window.heard = [];
window.plainly = (work) => work.then(
  (value) => ({ value }),
  (error) => ({ error: error instanceof Error ? { thrown: error.message } : error }),
);
window.ready = window.app.initialized().then((client) => { window.client = client; });

// Listen to an event; `how` says what becomes of it: "done", the words against it, or nothing yet.
window.listen = (name, how) => window.plainly(window.client.events.on(name, ({ type, helper }) => {
  window.heard.push([type, helper.getData()]);
  if (how === "done") helper.done();
  else if (how === "throw") throw new Error("on purpose");
  else if (how) helper.fail(how);
}, { intercept: Boolean(how) }));
