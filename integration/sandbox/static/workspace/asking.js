// client.request: the sandbox's server makes the request for the app, since only the server has
// the secure settings, and the answer is made into what jQuery would have given.

const PAUSE = 500; // milliseconds that the server's own limit gets before this one ends

export async function request(frame, options) {
  if (options.cors === true) return failed(frame, "cors: the sandbox's proxy makes all requests");
  const timeout = Number(options.timeout) > 0 ? Number(options.timeout) : 30_000;
  let came;
  try {
    const answer = await fetch(`/agent/apps/${frame.app.metadata.installationId}/request`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(options),
      signal: AbortSignal.timeout(timeout + PAUSE),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    came = await answer.json();
  } catch (error) {
    came = { status: 0, statusText: error.name === "TimeoutError" ? "timeout" : "error" };
  }
  return answered(came, options);
}

function answered(came, options) {
  const text = came.text ?? "";
  const kind = came.headers?.["content-type"] ?? "";
  const xhr = {
    readyState: came.status === 0 ? 0 : 4,
    status: came.status,
    statusText: came.statusText,
    responseText: text,
    headers: came.headers ?? {}, // guess: by this name, in lower case
  };
  let data = text;
  if (/\bjson\b/.test(kind) || options.dataType === "json") {
    try {
      data = text === "" ? undefined : JSON.parse(text);
      xhr.responseJSON = data;
    } catch {
      if (came.status >= 200 && came.status < 300) {
        return { done: false, args: [xhr, "parsererror", "JSON"] };
      }
    }
  }
  if (came.status >= 200 && came.status < 300) {
    return { done: true, args: options.httpCompleteResponse ? [xhr] : [data, "success", xhr] };
  }
  const how = came.statusText === "timeout" ? "timeout" : "error";
  return { done: false, args: [xhr, how, came.statusText] };
}

function failed(frame, words) {
  const xhr = { readyState: 0, status: 0, statusText: "error", responseText: words };
  return { done: false, args: [xhr, "error", words] };
}
