// The page: one picture, one question, one answer at a time, and the earlier ones below.
//
// Who listens how. Short news of what is going on goes to #status (polite) and trouble to #problem (assertive): both are
// live regions from the start. What the person came for (is the picture good, the answer) goes to #checked and #answer.
// Where a screen reader reads, these are live regions too; where the page has the word they are not, or everything would
// be said twice. The focus is never moved: controls that can't be used now are aria-disabled, not disabled.

import * as api from "./api.js";
import { answered, wipeHistory } from "./history.js";
import { paragraph } from "./paragraph.js";
import { prepared } from "./picture.js";
import * as recorder from "./record.js";
import { settings, startSettings } from "./settings.js";
import { spelled } from "./spell.js";
import { clearProblem, english, problem, status, tell } from "./telling.js";
import { busy, say, stop as stopVoice, tone, unlock, voice } from "./voice.js";

const at = (id) => document.getElementById(id);
const STILL_SECONDS = 8;
// what a screen reader says of the button while the microphone is already open
const ANNOUNCED = /^(?:\s*(?:stop recording|recording|button)\b[\s.,!:]*)+/i;

let able = null; // what the server can do
let picture = null; // { blob, warnings }
let current = null; // the answer that the buttons are about
let asking = null; // AbortController of the request that is under way
let still = 0;

function enable(id, can) {
  at(id).setAttribute("aria-disabled", String(!can));
}

function refresh() {
  enable("stop", busy() || asking !== null || recorder.recording());
  for (const id of ["replay", "slower", "spell", "where"]) enable(id, current?.done);
  enable("again", Boolean(picture && (current || at("question").value.trim())));
  enable("second", current?.done && !current.opinion && current.picture === picture); // of the same picture only
}
voice.changed = refresh;

// ---- the picture -------------------------------------------------------------------------------------------------

async function take(file) {
  if (!file) return;
  stopAll();
  clearProblem();
  at("checked").replaceChildren();
  picture = null;
  const mine = begin("Checking the picture.");
  try {
    const blob = await prepared(file);
    picture = { blob, warnings: [], turns: [] };
    show(blob);
    if (able && blob.size > able.most_bytes) {
      picture = null;
      throw new api.Trouble(`The picture is larger than ${Math.round(able.most_bytes / 1e6)} MB.`, "Make it smaller first.");
    }
    const found = await api.look(blob, settings.language, mine.signal);
    picture.warnings = found.warnings;
    end(mine, "");
    tell(at("checked"), [{ text: found.said, lang: found.language }], found.usable === false || found.warnings.length ? "warning" : "text");
  } catch (error) {
    failed(mine, error);
    if (error.status >= 400 && error.status < 500 && error.status !== 401) {
      picture = null;
      at("preview").hidden = true;
    }
  }
  refresh();
}

function show(blob) {
  const preview = at("preview");
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(blob);
  preview.hidden = false;
  preview.onerror = () => { preview.hidden = true; };
}

// ---- the question ------------------------------------------------------------------------------------------------

async function record() {
  if (recorder.recording()) {
    recorder.stop();
    return;
  }
  stopAll();
  clearProblem();
  try {
    if (settings.voice === "page") await tone(880);
    await recorder.start(recorded);
  } catch (error) {
    problem(error);
    return;
  }
  shown_recording(true);
  status("Recording."); // short: a screen reader's voice may be in the recording
  refresh();
}

function shown_recording(on) {
  at("record").textContent = on ? "Stop recording" : "Ask by voice";
  at("record").toggleAttribute("data-recording", on);
}

async function recorded(blob) {
  shown_recording(false);
  refresh();
  if (!blob) return;
  if (settings.voice === "page") tone(440);
  const mine = begin("Recorded. Writing down what you said.");
  let heard;
  try {
    heard = await api.transcribe(blob, settings.language, mine.signal);
  } catch (error) {
    failed(mine, error);
    return;
  }
  end(mine, "");
  const question = heard.text.replace(ANNOUNCED, "").trim();
  if (!question) {
    problem(new api.Trouble("I heard no words.", "Press Ask by voice and speak again, or type."));
    return;
  }
  at("question").value = question;
  await ask(question, { spoken: true });
}

async function ask(question, { opinion = false, spoken = false } = {}) {
  const text = question.trim();
  if (!text) {
    problem(new api.Trouble("There is no question yet.", "Say it or type it."));
    return;
  }
  if (!picture) {
    problem(new api.Trouble("There is no picture yet.", "Take or choose one; your question stays."));
    return;
  }
  const first = opinion ? current : null;
  stopAll();
  clearProblem();
  current = { question: text, sentences: [], done: false, opinion, picture, language: settings.language };
  at("answer").replaceChildren();
  const own = settings.language === "en"; // one language is one piece, said in one breath
  const asked = own ? english(`You asked: ${text}`) : [...english("You asked: "), { text, lang: settings.language }];
  if (spoken || settings.voice !== "page") tell(at("answer"), asked, "asked"); // was the question understood?
  else at("answer").append(paragraph(asked, "asked"));
  const mine = begin(opinion ? "Asking the other model." : "Thinking.");
  let seconds = 0;
  still = setInterval(() => status(`Still thinking, ${(seconds += STILL_SECONDS)} seconds.`), STILL_SECONDS * 1000);
  const fields = { question: text, language: settings.language, opinion: opinion ? "second" : "first" };
  if (opinion) Object.assign(fields, { first: first.text, first_abstained: String(first.abstained) });
  else if (picture.turns.length) fields.history = JSON.stringify(picture.turns.filter((turn) => turn.typed !== text));
  try {
    await api.ask(picture.blob, fields, mine.signal, (name, values) => heard(mine, name, values));
  } catch (error) {
    failed(mine, error);
    return;
  }
  finished(mine);
}

function heard(mine, name, values) {
  if (asking !== mine) return;
  if (name === "waiting") {
    status(`Waiting: ${values.ahead} before you.`);
  } else if (name === "sentence") {
    if (!current.sentences.length) {
      clearInterval(still);
      status("");
      for (const warning of repeated()) sentence({ kind: "warning", parts: english(warning) });
    }
    if (values.kind !== "warning" || !current.sentences.some((one) => one.parts[0].text === values.text)) sentence(values);
  } else if (name === "answer") {
    const { question: question_asked, ...rest } = values; // as the model was asked, perhaps translated
    Object.assign(current, rest, { question_asked, done: true });
  }
}

// Hazards that were read when the picture was taken stand first in every answer about it.
function repeated() {
  return picture.warnings;
}

function sentence(values) {
  current.sentences.push(values);
  tell(at("answer"), values.parts, values.kind);
}

function finished(mine) {
  const by = `Answered by ${current.model}.`;
  at("answer").append(paragraph(english(by), "by"));
  if (!current.opinion && !current.abstained) {
    current.picture.turns = [...current.picture.turns, { typed: current.question, question: current.question_asked, answer: current.text }].slice(-6);
  }
  answered(current, replay);
  end(mine, "");
}

// ---- hearing it again --------------------------------------------------------------------------------------------

function replay(what = current, rate = undefined) {
  stopVoice();
  clearProblem();
  if (settings.voice === "page") {
    for (const one of what.sentences) say({ parts: one.parts, rate });
    return;
  }
  again(what.sentences, rate === undefined ? 0 : 2500);
}

// A screen reader hears what is added: the answer is put there once more, slowly where that is wished.
let adding = 0;
function again(sentences, pauseMilliseconds) {
  clearTimeout(adding);
  const region = at("answer");
  region.replaceChildren();
  const rest = [...sentences];
  const add = () => {
    const one = rest.shift();
    if (!one) return;
    region.append(paragraph(one.parts, one.kind));
    adding = setTimeout(add, pauseMilliseconds);
  };
  adding = setTimeout(add, 50);
}

function slower() {
  current.rate = Math.max(0.4, (current.rate ?? settings.speed) - 0.25);
  replay(current, current.rate);
}

function told(parts, kind) {
  stopVoice();
  clearProblem();
  tell(at("answer"), parts, kind);
}

function spell() {
  told(english(spelled(current)), "where");
}

function where() {
  const space = { text: " ", lang: settings.language };
  const places = current.places.flatMap((parts) => [...parts, space]).slice(0, -1);
  told(places.length ? places : english("The answer names no places."), "where");
}

// ---- starting and ending -----------------------------------------------------------------------------------------

function begin(text) {
  asking = new AbortController();
  status(text);
  refresh();
  return asking;
}

function end(mine, text) {
  if (asking !== mine) return;
  clearInterval(still);
  asking = null;
  status(text);
  refresh();
}

function failed(mine, error) {
  if (asking !== mine) return; // stopped by the person
  clearInterval(still);
  asking = null;
  if (error.name !== "AbortError") problem(error);
  refresh();
}

function stopAll() {
  clearInterval(still);
  clearTimeout(adding);
  asking?.abort();
  asking = null;
  recorder.cancel();
  stopVoice();
  refresh();
}

function stopped() {
  stopAll();
  shown_recording(false);
  status("Stopped.");
}

function wipe() {
  stopAll();
  const count = wipeHistory();
  if (picture) api.forget().catch(() => {}); // what the server's eyes keep for a next look
  picture = current = null;
  at("answer").replaceChildren();
  at("checked").replaceChildren();
  at("question").value = "";
  for (const id of ["camera", "file"]) at(id).value = "";
  URL.revokeObjectURL(at("preview").src);
  at("preview").hidden = true;
  at("preview").removeAttribute("src");
  clearProblem();
  status(`Wiped: the picture, the question and ${count} answer${count === 1 ? "" : "s"}.`);
  refresh();
}

// ---- the controls ------------------------------------------------------------------------------------------------

function pressed(id, act) {
  at(id).addEventListener("click", () => {
    if (at(id).getAttribute("aria-disabled") !== "true") act();
  });
}

pressed("take", () => at("camera").click());
pressed("choose", () => at("file").click());
for (const id of ["camera", "file"]) {
  at(id).addEventListener("change", () => {
    const [file] = at(id).files;
    at(id).value = "";
    take(file);
  });
}
pressed("record", record);
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask(at("question").value);
});
for (const button of document.querySelectorAll("[data-question]")) {
  button.addEventListener("click", () => {
    at("question").value = button.dataset.question;
    ask(button.dataset.question);
  });
}
at("question").addEventListener("input", refresh);
pressed("stop", stopped);
pressed("replay", () => replay());
pressed("slower", slower);
pressed("spell", spell);
pressed("where", where);
pressed("again", () => ask(current?.question ?? at("question").value));
pressed("second", () => ask(current.question, { opinion: true }));
pressed("wipe", wipe);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && at("stop").getAttribute("aria-disabled") !== "true") stopped();
  unlock();
});
addEventListener("pointerdown", unlock);
addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
  if (file) take(file);
});

async function start() {
  startSettings(() => {
    stopVoice();
    voice.rate = settings.speed;
    api.setToken(settings.token);
    if (!able) connect();
  });
  voice.rate = settings.speed;
  api.setToken(settings.token);
  await connect();
  refresh();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});
}

async function connect() {
  try {
    able = await api.abilities();
  } catch (error) {
    problem(error);
    return;
  }
  clearProblem();
  voice.serverLanguages = able.speaks;
  at("model").textContent = `the model “${able.models[0]}”`;
  at("second").hidden = able.models.length < 2;
  at("record").hidden = able.hears === null;
  settings.offer(able.answers);
}

start();
