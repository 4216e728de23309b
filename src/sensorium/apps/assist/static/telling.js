// Telling: short news, trouble, and what the person came for; each to the live region or the voice that it belongs to.

import { paragraph } from "./paragraph.js";
import { settings } from "./settings.js";
import { say, voice } from "./voice.js";

const at = (id) => document.getElementById(id);
const UNHEARD_SECONDS = 20;

export function status(text) {
  at("status").textContent = text;
}

export function problem(error) {
  const text = `${error.message} ${error.hint ?? ""}`.trim();
  at("problem").textContent = text;
  status("");
  if (settings.voice === "page") say({ parts: english(text) });
  if (error.status === 401) at("token-field").hidden = false;
}

export function clearProblem() {
  at("problem").textContent = "";
}

export const english = (text) => [{ text, lang: "en" }];

// Tell in a region that is on the page, and by the page's voice where it has the word.
export function tell(region, parts, kind) {
  region.append(paragraph(parts, kind));
  if (settings.voice === "page") say({ parts });
}

// The page can't speak after all (no voice for this language): a screen reader gets the text instead.
voice.unheard = (utterance) => {
  const made = paragraph(utterance.parts, "unheard");
  const piece = document.createElement("span");
  piece.append(...made.childNodes);
  at("unheard").append(piece);
  setTimeout(() => piece.remove(), UNHEARD_SECONDS * 1000); // the text itself stands where it belongs
};
