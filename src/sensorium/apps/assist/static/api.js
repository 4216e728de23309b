// The requests of this page.

import { PageError, received, send } from "./http.js";

export async function getCapabilities() {
  return received((await send("/api/capabilities")).json(), "open this page again.");
}

export async function check(picture, language, signal) {
  const form = new FormData();
  form.append("language", language);
  form.append("picture", picture, "picture");
  const kept = "Your picture is still here: ask about it once the server is back.";
  return received((await send("/api/check", { method: "POST", body: form, signal }, kept)).json(), "ask about the picture: it is still here.");
}

export async function forget() {
  await send("/api/forget", { method: "POST" });
}

export async function transcribe(audio, language, signal) {
  const form = new FormData();
  form.append("audio", audio, "question");
  form.append("language", language);
  const kept = "What you said is not kept: press Ask by voice again later.";
  return received((await send("/api/transcribe", { method: "POST", body: form, signal }, kept)).json(), "press Ask by voice again.");
}

export async function speak(text, language, signal) {
  const body = JSON.stringify({ text, language });
  const headers = { "Content-Type": "application/json" };
  return received((await send("/api/speak", { method: "POST", body, headers, signal })).blob(), "press Replay.");
}

// Ask; calls onEvent(name, values) for each event: "waiting", "sentence", "answer".
export async function ask(picture, fields, signal, onEvent) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("picture", picture, "picture");
  const response = await send("/api/ask", { method: "POST", body: form, signal }, "Your picture and question are still here: press Ask again later.");
  let ended = false;
  for await (const [name, values] of events(response.body)) {
    if (name === "error") throw new PageError(values.message, values.hint, values.code);
    ended ||= name === "answer";
    onEvent(name, values);
  }
  if (!ended) throw new PageError("The answer ended early.", "What you heard may not be all. Press Ask again.");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { done, value } = await received(reader.read(), "press Ask again: your picture and question are still here.");
    if (done) return;
    pending += value;
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const lines = pending.slice(0, end).split("\n");
      pending = pending.slice(end + 2);
      const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      yield [field("event")[0] ?? "", JSON.parse(field("data").join("\n"))];
    }
  }
}
