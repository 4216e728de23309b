// Requests to this page's own server. Errors become Trouble: a message and what to do.

export class Trouble extends Error {
  constructor(message, hint = "", status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

let token = "";

export function setToken(given) {
  token = given;
}

async function send(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("The server can't be reached.", "Your picture and question are still here: press Ask again later.");
  }
  if (response.ok) return response;
  let told = {};
  try {
    told = (await response.json()).error ?? {};
  } catch {
    // no JSON: something between here and the server answered
  }
  throw new Trouble(told.message ?? `The server answered ${response.status}.`, told.hint ?? "", response.status);
}

export async function abilities() {
  return (await send("/api/abilities")).json();
}

export async function look(picture, language, signal) {
  const form = new FormData();
  form.append("language", language);
  form.append("picture", picture, "picture");
  return (await send("/api/look", { method: "POST", body: form, signal })).json();
}

export async function forget() {
  await send("/api/forget", { method: "POST" });
}

export async function transcribe(audio, language, signal) {
  const form = new FormData();
  form.append("audio", audio, "question");
  form.append("language", language);
  return (await send("/api/transcribe", { method: "POST", body: form, signal })).json();
}

export async function speak(text, language, signal) {
  const body = JSON.stringify({ text, language });
  const headers = { "Content-Type": "application/json" };
  return (await send("/api/speak", { method: "POST", body, headers, signal })).blob();
}

// Ask; calls tell(name, values) for each event: "waiting", "sentence", "answer".
export async function ask(picture, fields, signal, tell) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("picture", picture, "picture");
  const response = await send("/api/ask", { method: "POST", body: form, signal });
  let ended = false;
  for await (const [name, values] of events(response.body)) {
    if (name === "error") throw new Trouble(values.message, values.hint, values.code);
    ended ||= name === "answer";
    tell(name, values);
  }
  if (!ended) throw new Trouble("The answer broke off.", "Press Ask again.");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    waiting += value;
    for (let end = waiting.indexOf("\n\n"); end >= 0; end = waiting.indexOf("\n\n")) {
      const lines = waiting.slice(0, end).split("\n");
      waiting = waiting.slice(end + 2);
      const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      yield [field("event")[0] ?? "", JSON.parse(field("data").join("\n"))];
    }
  }
}
