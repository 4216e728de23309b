// Hearing an answer again: whole, slower, spelled out, and where in the picture its parts are. It is the answer that was
// heard last, an earlier one too; the page shows the one that is heard.

import { announce, clearProblem, english, flush } from "./announce.js";
import { showModel, showSuggestion } from "./answer.js";
import { paragraph } from "./paragraph.js";
import { repeat, stopRepeating } from "./repeat.js";
import { settings } from "./settings.js";
import { spell } from "./spell.js";
import { refresh, state } from "./state.js";
import { speak, stop as stopVoice } from "./voice.js";

const element = (id) => document.getElementById(id);
const SLOWER = 0.75;
const SLOWEST = 0.3;

export function replay(answer = state.heard, rate = undefined) {
  stopVoice();
  clearProblem();
  state.heard = answer;
  refresh();
  showModel(answer);
  showSuggestion(answer);
  if (settings.voice === "page") {
    element("answer").replaceChildren(...answer.sentences.map(({ parts, kind }) => paragraph(parts, kind)));
    for (const { parts } of answer.sentences) speak({ parts, rate });
  } else {
    repeat(answer.sentences, rate);
  }
}

export function slower() {
  const { heard } = state;
  heard.rate = Math.max(SLOWEST, (heard.rate ?? settings.speed) * SLOWER);
  replay(heard, heard.rate);
}

export function spellOut() {
  say(english(spell(state.heard)), "where");
}

export function where() {
  const space = { text: " ", lang: settings.language };
  const places = state.heard.places.flatMap((parts) => [...parts, space]).slice(0, -1);
  say(places.length ? places : english("The answer names no places."), "where");
}

export function say(parts, kind) {
  stopVoice();
  stopRepeating();
  clearProblem();
  announce(element("answer"), parts, kind);
  flush();
}
