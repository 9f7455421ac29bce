// An app that does what a test tells it to: the test calls these from outside.
"use strict";

window.heard = [];
window.client = window.ZAFClient.init();
window.listen = (name) => window.client.on(name, (said) => window.heard.push([name, said]));
window.plainly = (work) => work.then(
  (value) => ({ value }),
  (error) => ({ error: error instanceof Error ? { name: error.name, message: error.message } : error }),
);
window.client.on("app.registered", (data) => { window.registered = data; });
