// The page: pictures of the camera or of files are inspected; the log shows what came of them, and takes a person's word.

import { received, send } from "./http.js";

const SECONDS = 10;
const byId = (id) => document.getElementById(id);
let stream = null;
let timer = 0;
let busy = false;
let log = { inspections: [], count: 0, waiting: 0 };

byId("choose").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", () => {
  const file = byId("file").files[0];
  byId("file").value = "";
  if (file) inspect(file, file.name);
});
byId("start").addEventListener("click", () => (stream ? close() : open()));
byId("look").addEventListener("click", look);
byId("every").addEventListener("change", again);
byId("only").addEventListener("change", show);

async function open() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, facingMode: "environment" } });
  } catch {
    byId("problem").textContent = "No camera can be used. Allow it in the browser's settings, or choose a picture.";
    return;
  }
  byId("live").srcObject = stream;
  byId("live").hidden = false;
  await byId("live").play();
  byId("start").setAttribute("aria-pressed", "true");
  byId("look").disabled = false;
  again();
}

function close() {
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  byId("live").hidden = true;
  byId("start").setAttribute("aria-pressed", "false");
  byId("look").disabled = true;
  again();
}

function again() {
  clearInterval(timer);
  if (stream && byId("every").checked) timer = setInterval(look, SECONDS * 1000);
}

function look() {
  if (!stream || busy) return;
  const canvas = document.createElement("canvas");
  canvas.width = byId("live").videoWidth;
  canvas.height = byId("live").videoHeight;
  canvas.getContext("2d").drawImage(byId("live"), 0, 0);
  canvas.toBlob((blob) => blob && inspect(blob, `camera-${new Date().toISOString()}.png`), "image/png");
}

async function inspect(blob, name) {
  busy = true;
  byId("problem").textContent = "";
  byId("status").textContent = "Looking …";
  const body = new FormData();
  body.append("file", blob, name);
  try {
    const response = await send("/api/look", { method: "POST", body }, "Is the program still running?");
    const found = await received(response.json(), "look again.");
    byId("status").textContent = found.flagged ? `${name}: a person should look.` : `${name}: all is well.`;
    await refresh();
  } catch (error) {
    fail(error);
  }
  busy = false;
}

async function refresh() {
  log = await (await send("/api/log")).json();
  show();
}

function show() {
  const waits = (each) => each.flagged && !each.verdict;
  const some = byId("only").checked ? log.inspections.filter(waits) : log.inspections;
  const pictures = log.count === 1 ? "1 picture was" : `${log.count} pictures were`;
  byId("count").textContent = log.count ? `${pictures} inspected; ${log.waiting} for a person.` : "Nothing was inspected yet.";
  byId("log").replaceChildren(...some.map(item));
}

function item(each) {
  const entry = made("li");
  entry.className = each.flagged && !each.verdict ? "waits" : "";
  entry.append(made("h3", `${each.flagged ? "Look: " : "OK: "}${each.picture}`), made("p", new Date(each.time).toLocaleString()));
  if (each.flagged) {
    const picture = made("img");
    picture.src = `/api/pictures/${each.id}`;
    picture.alt = `The picture ${each.picture}`;
    picture.loading = "lazy";
    entry.append(picture);
  }
  const list = made("dl");
  for (const found of each.findings) {
    const state = found.state === "ok" ? "ok" : `${found.state}: ${found.why}`;
    list.append(made("dt", found.name), made("dd", `${found.value || "no value"} (${state})`));
  }
  entry.append(list);
  if (each.verdict) entry.append(made("p", `A person said: ${each.verdict}.`));
  else if (each.flagged) entry.append(verdicts(each));
  return entry;
}

function verdicts(each) {
  const row = made("div");
  row.className = "row";
  for (const [verdict, words] of [["right", "The values are right"], ["wrong", "A value is wrong"]]) {
    const button = made("button", words);
    button.type = "button";
    button.setAttribute("aria-label", `${words}: ${each.picture}`);
    button.addEventListener("click", () => review(each.id, verdict));
    row.append(button);
  }
  return row;
}

async function review(id, verdict) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await send("/api/review", { method: "POST", headers, body: JSON.stringify({ id, verdict }) });
    log = await response.json();
    show();
    byId("log-heading").focus();
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  byId("status").textContent = "";
  byId("problem").textContent = `${error.message} ${error.hint ?? ""}`;
}

function made(name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

refresh().catch(fail);
