// Earlier answers: on this page only, deleted with it.

import { paragraph } from "./paragraph.js";

const answers = [];
const list = document.getElementById("history");
const empty = document.getElementById("history-empty");

export function addToHistory(answer, replay) {
  answers.push(answer);
  empty.hidden = true;
  const item = document.createElement("li");
  const heading = document.createElement("h3");
  heading.textContent = answer.opinion ? `${answer.question} (second opinion)` : answer.question;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Hear again: ${heading.textContent}`;
  button.addEventListener("click", () => replay(answer));
  item.append(heading, ...answer.sentences.map((sentence) => paragraph(sentence.parts, sentence.kind)), button);
  list.prepend(item);
}

export function history() {
  return [...answers];
}

export function clearHistory() {
  const count = answers.length;
  answers.length = 0;
  list.replaceChildren();
  empty.hidden = false;
  return count;
}
