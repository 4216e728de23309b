// What stands beside the answer: who answered, and what to type for more.

import { english } from "./announce.js";
import { paragraph } from "./paragraph.js";

const element = (id) => document.getElementById(id);

export function clearAnswer() {
  element("answer").replaceChildren();
  element("by").replaceChildren();
  showSuggestion(null);
}

export function showModel(answer) {
  element("by").replaceChildren(...paragraph(english(`Answered by ${answer.model}.`), "by").childNodes);
}

// What to type for more is for whoever runs the server: shown beside the answer, heard only when asked for.
export function showSuggestion(answer) {
  element("suggestion").hidden = !answer?.suggestion;
  element("suggestion-text").textContent = answer?.suggestion ? `For whoever runs this server: ${answer.suggestion}` : "";
}

// At 400 % zoom the answer lies below the window: it comes into view, the focus stays where it is.
export function inView() {
  const { top } = element("answer-heading").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) element("answer-heading").scrollIntoView({ block: "start" });
}
