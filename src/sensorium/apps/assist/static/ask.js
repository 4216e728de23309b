// A question about the picture, and its answer as it comes.

import * as api from "./api.js";
import { announce, english, flush, showProblem, showStatus } from "./announce.js";
import { clearAnswer, inView, showModel, showSuggestion } from "./answer.js";
import { addToHistory } from "./history.js";
import { PageError } from "./http.js";
import { remember } from "./leaving.js";
import { paragraph } from "./paragraph.js";
import { replay } from "./replay.js";
import { begin, end, failed, startOver } from "./request.js";
import { settings } from "./settings.js";
import { state } from "./state.js";
import { startThinking, stopThinking } from "./thinking.js";

const element = (id) => document.getElementById(id);
const MAX_TURNS = 6;

// opinion: of the other model; spoken: the question was dictated; follows: what is being said goes on.
export async function ask(question, { opinion = false, spoken = false, follows = false } = {}) {
  const text = question.trim();
  if (!text) {
    showProblem(new PageError("No question yet.", "Say it or type it."));
    return;
  }
  if (!state.picture) {
    state.unasked = text; // and is asked when the picture is there
    showProblem(new PageError("No picture yet.", "Take or choose one; your question stays."));
    return;
  }
  state.unasked = "";
  const first = opinion ? state.current : null;
  if (!follows) startOver(); // what is said of the picture is said to its end
  const { picture } = state;
  state.current = { question: text, suggestion: "", sentences: [], done: false, opinion, picture, language: settings.language };
  state.heard = state.current;
  clearAnswer();
  showQuestion(text, spoken);
  const request = begin(opinion ? "Asking the other model." : "Thinking.");
  startThinking();
  try {
    await api.ask(picture.blob, fields(text, first), request.signal, (name, values) => handleEvent(request, name, values));
  } catch (error) {
    failed(request, error);
    return;
  }
  finished(request);
}

function showQuestion(text, spoken) {
  const single = settings.language === "en"; // one language is one piece, said in one breath
  const asked = single ? english(`You asked: ${text}`) : [...english("You asked: "), { text, lang: settings.language }];
  if (spoken || settings.voice !== "page") announce(element("answer"), asked, "question"); // so that the person hears what was understood
  else element("answer").append(paragraph(asked, "question"));
  flush(); // the question at once, the reply as one message
}

function fields(text, first) {
  const { picture } = state;
  const out = { question: text, language: settings.language, opinion: first ? "second" : "first" };
  if (picture.inTiles) out.tiles = "true";
  if (picture.warned.length) out.warned = picture.warned.join(",");
  if (first) return { ...out, first: first.text, first_abstained: String(first.abstained) };
  if (picture.turns.length) out.history = JSON.stringify(picture.turns.filter((turn) => turn.typed !== text));
  return out;
}

function handleEvent(request, name, values) {
  if (state.request !== request) return;
  const { current } = state;
  if (name === "waiting") {
    showStatus(`Waiting: ${values.ahead} before you.`);
  } else if (name === "sentence") {
    if (!current.sentences.length) firstSentence();
    const known = state.picture.warnings.includes(values.text) || current.sentences.some((sentence) => sentence.parts[0].text === values.text);
    if (values.kind !== "warning" || !known) addSentence(values);
  } else if (name === "answer") {
    const { question: modelQuestion, ...rest } = values; // as the model was asked, perhaps translated
    Object.assign(current, rest, { modelQuestion, done: true });
  }
}

function firstSentence() {
  const { warnings, heardWarnings } = state.picture;
  stopThinking();
  showStatus("");
  // what was read when the picture was taken comes first in every answer about it: whole once
  if (warnings.length && heardWarnings) addSentence({ kind: "warning", parts: english("Warning as before.") });
  else for (const warning of warnings) addSentence({ kind: "warning", parts: english(warning) });
  inView();
}

function addSentence(values) {
  state.current.sentences.push(values);
  announce(element("answer"), values.parts, values.kind);
}

function finished(request) {
  const { current } = state;
  const { picture } = current;
  flush();
  showModel(current);
  picture.heardWarnings = true;
  picture.warned = [...new Set([...picture.warned, ...(current.topics ?? [])])];
  if (!current.opinion && !current.abstained) {
    picture.turns = [...picture.turns, { typed: current.question, question: current.modelQuestion, answer: current.text }].slice(-MAX_TURNS);
  }
  showSuggestion(current);
  addToHistory(current, replay);
  end(request, "");
  remember();
}
