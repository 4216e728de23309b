// The page: one picture, one question, one answer at a time, and the earlier ones below.
//
// Who hears what. Short news goes to #status (polite) and problems to #problem (assertive): both are live regions from
// the start. What the person came for (whether the picture is good, the answer) goes to #checked and #answer. If a
// screen reader reads, these are live regions too; if the page reads aloud they are not, or everything would be heard
// twice. The focus is never moved: controls that can't be used now are aria-disabled, not disabled.

import { announce, clearProblem, discard, english, flush, showProblem, showStatus } from "./announce.js";
import * as api from "./api.js";
import { addToHistory, clearHistory, history } from "./history.js";
import { decode, encode, forgetKept, keep, kept } from "./kept.js";
import { paragraph } from "./paragraph.js";
import { prepare } from "./picture.js";
import * as recorder from "./recorder.js";
import { settings, startSettings } from "./settings.js";
import { spell } from "./spell.js";
import { busy, speak, stop as stopVoice, tone, unlock, voice } from "./voice.js";

const element = (id) => document.getElementById(id);
const REMINDER_SECONDS = 8;
const RECONNECT_SECONDS = 5;
// what a screen reader says about the button while the microphone is already open
const BUTTON_ANNOUNCEMENT = /^(?:\s*(?:stop recording|recording|button)\b[\s.,!:]*)+/i;

let capabilities = null; // what the server can do
let picture = null; // { blob, warnings, turns }
let current = null; // the answer to the last question
let heard = null; // the answer heard last, perhaps an earlier one: Replay, Slower, Spell and Where are about it
let unasked = ""; // a question that waits for its picture
let activeRequest = null; // AbortController of the request in progress
let reminder = 0; // the timer that says that the model is still thinking

function enable(id, can) {
  element(id).setAttribute("aria-disabled", String(!can));
}

function refresh() {
  enable("stop", busy() || activeRequest !== null || recorder.recording());
  for (const id of ["replay", "slower", "spell", "where"]) enable(id, heard?.done);
  enable("again", Boolean(picture && (current || element("question").value.trim())));
  enable("second", current?.done && !current.opinion && current.picture === picture); // of the same picture only
}
voice.onChange = refresh;

// ---- the picture -------------------------------------------------------------------------------------------------

async function take(file) {
  if (!file) return;
  stopAll();
  clearProblem();
  element("checked").replaceChildren();
  picture = null;
  const request = begin("Checking the picture.");
  try {
    const blob = await prepare(file);
    picture = { blob, warnings: [], turns: [], warned: [] };
    show(blob);
    if (capabilities && blob.size > capabilities.max_bytes) {
      picture = null;
      throw new api.PageError(`The picture is larger than ${Math.round(capabilities.max_bytes / 1e6)} MB.`, "Make it smaller first.");
    }
    const report = await api.check(blob, settings.language, request.signal);
    picture.warnings = report.warnings;
    end(request, "");
    announce(element("checked"), [{ text: report.message, lang: report.language }], report.usable === false || report.warnings.length ? "warning" : "text");
    flush();
    remember();
  } catch (error) {
    failed(request, error);
    if (error.status >= 400 && error.status < 500 && error.status !== 401) {
      picture = null;
      element("preview").hidden = true;
    }
  }
  refresh();
  const question = unasked;
  unasked = "";
  if (picture && question && question === element("question").value.trim()) await ask(question, { follows: true });
}

function show(blob) {
  const preview = element("preview");
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
    showProblem(error);
    return;
  }
  showRecording(true);
  showStatus("Recording."); // short: a screen reader's voice may be in the recording
  refresh();
}

function showRecording(on) {
  element("record").textContent = on ? "Stop recording" : "Ask by voice";
  element("record").toggleAttribute("data-recording", on);
}

async function recorded(blob) {
  showRecording(false);
  refresh();
  if (!blob) return;
  if (settings.voice === "page") tone(440);
  const request = begin("Recorded. Writing down what you said.");
  let transcript;
  try {
    transcript = await api.transcribe(blob, settings.language, request.signal);
  } catch (error) {
    failed(request, error);
    return;
  }
  end(request, "");
  const question = transcript.text.replace(BUTTON_ANNOUNCEMENT, "").trim();
  if (!question) {
    showProblem(new api.PageError("I heard no words.", "Press Ask by voice and speak again, or type."));
    return;
  }
  element("question").value = question;
  await ask(question, { spoken: true });
}

async function ask(question, { opinion = false, spoken = false, follows = false } = {}) {
  const text = question.trim();
  if (!text) {
    showProblem(new api.PageError("No question yet.", "Say it or type it."));
    return;
  }
  if (!picture) {
    unasked = text; // and is asked when the picture is there
    showProblem(new api.PageError("No picture yet.", "Take or choose one; your question stays."));
    return;
  }
  const first = opinion ? current : null;
  if (!follows) stopAll(); // what is said of the picture is said to its end
  clearProblem();
  current = { question: text, suggestion: "", sentences: [], done: false, opinion, picture, language: settings.language };
  heard = current;
  element("answer").replaceChildren();
  element("by").replaceChildren();
  showSuggestion();
  const single = settings.language === "en"; // one language is one piece, said in one breath
  const asked = single ? english(`You asked: ${text}`) : [...english("You asked: "), { text, lang: settings.language }];
  if (spoken || settings.voice !== "page") announce(element("answer"), asked, "question"); // so that the person hears what was understood
  else element("answer").append(paragraph(asked, "question"));
  flush(); // the question at once, the reply as one message
  const request = begin(opinion ? "Asking the other model." : "Thinking.");
  let seconds = 0;
  if (settings.voice === "page") tone(330); // thinking is heard
  reminder = setInterval(() => {
    const thinking = `Still thinking, ${(seconds += REMINDER_SECONDS)} seconds.`;
    showStatus(thinking);
    if (settings.voice === "page" && !busy()) speak({ parts: english(thinking) });
  }, REMINDER_SECONDS * 1000);
  const fields = { question: text, language: settings.language, opinion: opinion ? "second" : "first" };
  if (picture.warned.length) fields.warned = picture.warned.join(",");
  if (opinion) Object.assign(fields, { first: first.text, first_abstained: String(first.abstained) });
  else if (picture.turns.length) fields.history = JSON.stringify(picture.turns.filter((turn) => turn.typed !== text));
  try {
    await api.ask(picture.blob, fields, request.signal, (name, values) => handleEvent(request, name, values));
  } catch (error) {
    failed(request, error);
    return;
  }
  finished(request);
}

function handleEvent(request, name, values) {
  if (activeRequest !== request) return;
  if (name === "waiting") {
    showStatus(`Waiting: ${values.ahead} before you.`);
  } else if (name === "sentence") {
    if (!current.sentences.length) {
      clearInterval(reminder);
      showStatus("");
      // what was read when the picture was taken comes first in every answer about it: whole once
      if (picture.warnings.length && picture.heardWarnings) addSentence({ kind: "warning", parts: english("Warning as before.") });
      else for (const warning of picture.warnings) addSentence({ kind: "warning", parts: english(warning) });
      inView();
    }
    const known = picture.warnings.includes(values.text) || current.sentences.some((sentence) => sentence.parts[0].text === values.text);
    if (values.kind !== "warning" || !known) addSentence(values);
  } else if (name === "answer") {
    const { question: modelQuestion, ...rest } = values; // as the model was asked, perhaps translated
    Object.assign(current, rest, { modelQuestion, done: true });
  }
}

// At 400 % zoom the answer lies below the window: it comes into view, the focus stays where it is.
function inView() {
  const { top } = element("answer-heading").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) element("answer-heading").scrollIntoView({ block: "start" });
}

function addSentence(values) {
  current.sentences.push(values);
  announce(element("answer"), values.parts, values.kind);
}

// What to type for more is for whoever runs the server: shown beside the answer, heard only when asked for.
function showSuggestion() {
  element("suggestion").hidden = !current?.suggestion;
  element("suggestion-text").textContent = current?.suggestion ? `For whoever runs this server: ${current.suggestion}` : "";
}

function finished(request) {
  flush();
  element("by").replaceChildren(...paragraph(english(`Answered by ${current.model}.`), "by").childNodes);
  current.picture.heardWarnings = true;
  current.picture.warned = [...new Set([...current.picture.warned, ...(current.topics ?? [])])];
  if (!current.opinion && !current.abstained) {
    current.picture.turns = [...current.picture.turns, { typed: current.question, question: current.modelQuestion, answer: current.text }].slice(-6);
  }
  showSuggestion();
  addToHistory(current, replay);
  end(request, "");
  remember();
}

// ---- hearing it again --------------------------------------------------------------------------------------------

function replay(answer = heard, rate = undefined) {
  stopVoice();
  clearProblem();
  heard = answer;
  refresh();
  if (settings.voice === "page") {
    for (const { parts } of answer.sentences) speak({ parts, rate });
    return;
  }
  addAgain(rate === undefined ? [answer.sentences] : slowly(answer.sentences), SLOW_MILLISECONDS / (rate ?? 1));
}

// A screen reader has its own speed: slower is a few words at a time, with longer pauses each time.
function slowly(sentences) {
  const pieces = ({ text, lang }) => (text.match(/(?:\S+\s*){1,4}/g) ?? []).map((piece) => [{ kind: "text", parts: [{ text: piece, lang }] }]);
  return sentences.flatMap(({ parts }) => parts.flatMap(pieces));
}

// A screen reader reads what is added: the answer is added once more, slowly if asked to.
const SLOW_MILLISECONDS = 1200;
let adding = 0;
function addAgain(messages, pauseMilliseconds) {
  clearTimeout(adding);
  const region = element("answer");
  region.replaceChildren();
  const rest = [...messages];
  const add = () => {
    const sentences = rest.shift();
    if (!sentences) return;
    const node = document.createElement("div"); // one message
    node.append(...sentences.flatMap((sentence) => [paragraph(sentence.parts, sentence.kind), "\n"]));
    region.append(node);
    adding = setTimeout(add, pauseMilliseconds);
  };
  adding = setTimeout(add, 50);
}

function slower() {
  heard.rate = Math.max(0.3, (heard.rate ?? settings.speed) * 0.75);
  replay(heard, heard.rate);
}

function say(parts, kind) {
  stopVoice();
  clearProblem();
  announce(element("answer"), parts, kind);
  flush();
}

function spellAnswer() {
  say(english(spell(heard)), "where");
}

function where() {
  const space = { text: " ", lang: settings.language };
  const places = heard.places.flatMap((parts) => [...parts, space]).slice(0, -1);
  say(places.length ? places : english("The answer names no places."), "where");
}

// ---- starting and ending -----------------------------------------------------------------------------------------

function begin(text) {
  activeRequest = new AbortController();
  showStatus(text);
  refresh();
  return activeRequest;
}

function end(request, text) {
  if (activeRequest !== request) return;
  clearInterval(reminder);
  activeRequest = null;
  showStatus(text);
  refresh();
}

function failed(request, error) {
  if (activeRequest !== request) return; // stopped by the person
  clearInterval(reminder);
  activeRequest = null;
  if (error.name !== "AbortError") showProblem(error);
  refresh();
}

function stopAll() {
  discard();
  clearInterval(reminder);
  clearTimeout(adding);
  activeRequest?.abort();
  activeRequest = null;
  recorder.cancel();
  stopVoice();
  refresh();
}

function stopped() {
  flush();
  stopAll();
  showRecording(false);
  showStatus("Stopped.");
}

function wipe() {
  stopAll();
  const count = clearHistory();
  if (picture) api.forget().catch(() => {}); // what the server has cached of the picture
  picture = current = heard = null;
  unasked = "";
  forgetKept();
  element("by").replaceChildren();
  element("answer").replaceChildren();
  showSuggestion();
  element("checked").replaceChildren();
  element("question").value = "";
  for (const id of ["camera", "file"]) element(id).value = "";
  URL.revokeObjectURL(element("preview").src);
  element("preview").hidden = true;
  element("preview").removeAttribute("src");
  clearProblem();
  showStatus(`Wiped: the picture, the question and ${count} answer${count === 1 ? "" : "s"}.`);
  refresh();
}

// ---- the controls ------------------------------------------------------------------------------------------------

function onPress(id, action) {
  element(id).addEventListener("click", () => {
    if (element(id).getAttribute("aria-disabled") !== "true") action();
  });
}

onPress("take", () => element("camera").click());
onPress("choose", () => element("file").click());
for (const id of ["camera", "file"]) {
  element(id).addEventListener("change", () => {
    const [file] = element(id).files;
    element(id).value = "";
    take(file);
  });
}
onPress("record", record);
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask(element("question").value);
});
for (const button of document.querySelectorAll("[data-question]")) {
  button.addEventListener("click", () => {
    element("question").value = button.dataset.question;
    ask(button.dataset.question);
  });
}
element("question").addEventListener("input", refresh);
onPress("stop", stopped);
onPress("replay", () => replay());
onPress("slower", slower);
onPress("spell", spellAnswer);
onPress("where", where);
onPress("hear-suggestion", () => say(english(element("suggestion-text").textContent), "hint"));
onPress("again", () => ask(current?.question ?? element("question").value));
onPress("second", () => ask(current.question, { opinion: true }));
onPress("wipe", wipe);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element("stop").getAttribute("aria-disabled") !== "true") stopped();
  unlock();
});
for (const kind of ["pointerup", "click"]) addEventListener(kind, unlock); // iOS takes no earlier gesture
addEventListener("online", () => { if (!capabilities) connect(); });
addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith("image/"));
  if (file) take(file);
});

// ---- leaving and returning ---------------------------------------------------------------------------------------

async function remember() {
  const shown = picture;
  const answers = history().map(({ picture: about, ...answer }) => ({ ...answer, same: about === shown }));
  const { blob, ...rest } = shown ?? {};
  const image = shown && { ...rest, type: blob.type, data: await encode(blob) };
  if (shown === picture) keep({ picture: image, question: element("question").value, answers });
}

function returned() {
  const state = kept();
  if (!state) return;
  if (state.picture) {
    const { data, type, ...rest } = state.picture;
    picture = { ...rest, blob: decode(data, type) };
    show(picture.blob);
  }
  element("question").value = state.question ?? "";
  for (const { same, ...answer } of state.answers) {
    current = heard = { ...answer, picture: same ? picture : null };
    addToHistory(current, replay);
  }
  if (picture || current) showStatus("Your picture and answers are still here.");
}

async function start() {
  returned();
  startSettings(() => {
    stopVoice();
    voice.rate = settings.speed;
    api.setToken(settings.token);
    if (!capabilities) connect();
  });
  voice.rate = settings.speed;
  api.setToken(settings.token);
  await connect();
  refresh();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});
}

let unreached = false;
let arrived = location.hash.includes("token="); // by a link: that it works is worth a word
async function connect() {
  try {
    capabilities = await api.getCapabilities();
  } catch (error) {
    if (error.status === 0) {
      error.hint = `This page tries again by itself${picture ? "; your picture and answers are still here" : ""}.`;
      setTimeout(() => { if (!capabilities) connect(); }, RECONNECT_SECONDS * 1000);
    }
    if (!unreached || error.status) showProblem(error);
    unreached = true;
    return;
  }
  clearProblem();
  if (unreached || arrived) showStatus("Connected.");
  unreached = arrived = false;
  element("token-field").hidden = true;
  voice.serverLanguages = capabilities.speaks;
  element("model").textContent = `the model “${capabilities.models[0]}”`;
  element("second").hidden = capabilities.models.length < 2;
  element("record").hidden = capabilities.hears === null;
  settings.offer(capabilities.answers);
}

start();
