// The page: a picture is sent as soon as it is taken; what is printed is shown and said.

import { received, send, setToken } from "./http.js";
import { canSpeak, speak, stop } from "./voice.js";

const byId = (id) => document.getElementById(id);
let waiting = null;
let sentences = [];

const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  setToken(token);
  history.replaceState(null, "", location.pathname);
}
try {
  byId("aloud").checked = localStorage.getItem("labels-aloud") !== "no";
} catch {
  // a browser that keeps nothing
}

for (const [button, input] of [["take", "camera"], ["choose", "file"]]) {
  byId(button).addEventListener("click", () => {
    speak([]); // some phones let a page speak later only if it began to while a button was pressed
    byId(input).click();
  });
  byId(input).addEventListener("change", () => {
    const file = byId(input).files[0];
    byId(input).value = "";
    if (file) read(file);
  });
}
byId("again").addEventListener("click", () => say(true));
byId("stop").addEventListener("click", stop);
byId("aloud").addEventListener("change", () => {
  stop();
  try {
    localStorage.setItem("labels-aloud", byId("aloud").checked ? "yes" : "no");
  } catch {
    // a browser that keeps nothing
  }
});

async function read(file) {
  waiting?.abort();
  const own = (waiting = new AbortController());
  stop();
  show(file);
  byId("problem").textContent = "";
  byId("result").hidden = true;
  byId("status").textContent = "Reading the label …";
  const body = new FormData();
  body.append("file", file);
  try {
    const response = await send("/api/read", { method: "POST", body, signal: own.signal }, "Is the program still running?");
    tell(await received(response.json(), "take the picture again."));
  } catch (error) {
    if (own === waiting && error.name !== "AbortError") fail(error);
  }
}

function show(file) {
  URL.revokeObjectURL(byId("shown").src);
  byId("shown").src = URL.createObjectURL(file);
  byId("shown").hidden = false;
}

function fail(error) {
  byId("status").textContent = "";
  byId("problem").textContent = `${error.message} ${error.hint ?? ""}`;
  sentences = [byId("problem").textContent];
  say(false);
}

function tell(label) {
  byId("notes").replaceChildren(...label.notes.map((text) => made("li", text)));
  byId("values").replaceChildren(...label.values.flatMap(pair));
  byId("also").replaceChildren(...label.also.map((text) => made("li", text)));
  byId("also-part").hidden = label.also.length === 0;
  byId("caution").textContent = label.caution;
  byId("result").hidden = false;
  const unread = label.values.filter((value) => value.state === "can't tell").length;
  byId("status").textContent = unread ? `Done; ${unread} of ${label.values.length} can’t be told.` : "Done.";
  byId("result-heading").focus();
  sentences = [...label.notes, ...label.values.map((value) => value.spoken), label.caution].filter(Boolean);
  say(false);
}

function pair(value) {
  const shown = made("dd", value.state === "read" ? value.text : value.state === "not seen" ? "Not seen in this picture" : `Can’t tell: ${value.why}`);
  shown.className = value.state === "read" ? "" : "unsure";
  return [made("dt", value.name), shown];
}

function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

async function say(always) {
  if (!always && !byId("aloud").checked) return;
  if (await canSpeak()) speak(sentences);
  else if (always || byId("aloud").checked) {
    byId("status").textContent += " This device has no voice of its own for English: a screen reader can read this page.";
  }
}
