// Announcements: short news, problems and content, each to the live region or the voice that it belongs to.

import { paragraph } from "./paragraph.js";
import { settings } from "./settings.js";
import { tone } from "./sounds.js";
import { speak, voice } from "./voice.js";

const element = (id) => document.getElementById(id);
const UNSPOKEN_SECONDS = 20;
const UNSPOKEN_HERTZ = 220;
const GATHER_MILLISECONDS = 200;
const GATHER_AT_MOST = 1000;

export function showStatus(text) {
  element("status").textContent = text;
}

export function showProblem(error) {
  const hint = error.status === 401 ? "Enter it at the top of this page." : error.hint ?? "";
  const text = `${error.message} ${hint}`.trim();
  element("problem").textContent = text;
  showStatus("");
  if (settings.voice === "page") speak({ parts: english(text) });
  if (error.status === 401) element("token-field").hidden = false;
}

export function clearProblem() {
  element("problem").textContent = "";
}

export const english = (text) => [{ text, lang: "en" }];

// Announce in a region of the page, or by the page's voice if it reads aloud. Sentences that come within 200 ms of each
// other are added as one node: one message of a screen reader, where each alone would cut off the one before.
let gathered = null; // { region, node, timer, since }
export function announce(region, parts, kind) {
  if (settings.voice === "page") {
    region.append(paragraph(parts, kind));
    speak({ parts });
    return;
  }
  if (gathered && (gathered.region !== region || performance.now() - gathered.since > GATHER_AT_MOST)) flush();
  gathered ??= { region, node: document.createElement("div"), timer: 0, since: performance.now() };
  gathered.node.append(paragraph(parts, kind), "\n");
  clearTimeout(gathered.timer);
  gathered.timer = setTimeout(flush, GATHER_MILLISECONDS);
}

// Add what was gathered at once.
export function flush() {
  if (!gathered) return;
  clearTimeout(gathered.timer);
  gathered.region.append(gathered.node);
  gathered = null;
}

export function discard() {
  if (gathered) clearTimeout(gathered.timer);
  gathered = null;
}

const READS = element("who-reads").textContent;
const READS_NOT = "This page should read aloud, but no voice starts here.";
let unspoken = false;

// The page can't speak after all (no voice for this language, or none that starts): that is said where it says that it
// reads aloud, and a screen reader gets the text instead.
voice.onUnspoken = (utterance) => {
  if (!unspoken) {
    element("who-reads").textContent = READS_NOT;
    tone(UNSPOKEN_HERTZ);
    unheard(english("No voice starts here. The text is on the page:"));
  }
  unspoken = true;
  unheard(utterance.parts);
};
voice.onSpoken = () => {
  if (unspoken) element("who-reads").textContent = READS;
  unspoken = false;
};

function unheard(parts) {
  const span = document.createElement("span");
  span.append(...paragraph(parts, "unheard").childNodes, " ");
  element("unheard").append(span);
  setTimeout(() => span.remove(), UNSPOKEN_SECONDS * 1000); // the text itself stays where it belongs
}
