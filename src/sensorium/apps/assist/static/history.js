// Earlier answers: in this page's memory only, gone with it.

import { paragraph } from "./paragraph.js";

const kept = [];
const list = document.getElementById("history");
const empty = document.getElementById("history-empty");

export function answered(answer, replay) {
  kept.push(answer);
  empty.hidden = true;
  const item = document.createElement("li");
  const head = document.createElement("h3");
  head.textContent = answer.opinion ? `${answer.question} (second opinion)` : answer.question;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Hear this again";
  head.id = `answer-${kept.length}`;
  button.setAttribute("aria-describedby", head.id);
  button.addEventListener("click", () => replay(answer));
  item.append(head, ...answer.sentences.map((one) => paragraph(one.parts, one.kind)), button);
  list.prepend(item);
}

export function wipeHistory() {
  const count = kept.length;
  kept.length = 0;
  list.replaceChildren();
  empty.hidden = false;
  return count;
}
