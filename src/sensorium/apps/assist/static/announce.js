// Announcements: short news, problems and content, each to the live region or the voice that it belongs to.

import { paragraph } from "./paragraph.js";
import { settings } from "./settings.js";
import { speak, voice } from "./voice.js";

const element = (id) => document.getElementById(id);
const UNSPOKEN_SECONDS = 20;

export function showStatus(text) {
  element("status").textContent = text;
}

export function showProblem(error) {
  const text = `${error.message} ${error.hint ?? ""}`.trim();
  element("problem").textContent = text;
  showStatus("");
  if (settings.voice === "page") speak({ parts: english(text) });
  if (error.status === 401) element("token-field").hidden = false;
}

export function clearProblem() {
  element("problem").textContent = "";
}

export const english = (text) => [{ text, lang: "en" }];

// Announce in a region of the page, and by the page's voice if it reads aloud.
export function announce(region, parts, kind) {
  region.append(paragraph(parts, kind));
  if (settings.voice === "page") speak({ parts });
}

// The page can't speak after all (no voice for this language): a screen reader gets the text instead.
voice.onUnspoken = (utterance) => {
  const text = paragraph(utterance.parts, "unheard");
  const span = document.createElement("span");
  span.append(...text.childNodes);
  element("unheard").append(span);
  setTimeout(() => span.remove(), UNSPOKEN_SECONDS * 1000); // the text itself stays where it belongs
};
