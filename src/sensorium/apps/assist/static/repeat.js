// An answer once more for a screen reader, which reads what is added: as a whole, or a few words at a time.

import { paragraph } from "./paragraph.js";

const element = (id) => document.getElementById(id);
const FIRST_MILLISECONDS = 50; // after the region was emptied
const PAUSE_MILLISECONDS = 1200;
let timer = 0;

// Add an answer again; `rate` below 1 adds it a few words at a time, with pauses that grow as the rate falls.
export function repeat(sentences, rate) {
  stopRepeating();
  element("answer").replaceChildren();
  const rest = rate === undefined ? [sentences] : pieces(sentences);
  const add = () => {
    const message = rest.shift();
    if (!message) return;
    const node = document.createElement("div"); // one message
    node.append(...message.flatMap((sentence) => [paragraph(sentence.parts, sentence.kind), "\n"]));
    element("answer").append(node);
    timer = setTimeout(add, PAUSE_MILLISECONDS / (rate ?? 1));
  };
  timer = setTimeout(add, FIRST_MILLISECONDS);
}

export function stopRepeating() {
  clearTimeout(timer);
}

// A screen reader has its own speed: slower is a few words at a time.
function pieces(sentences) {
  return sentences.flatMap(({ parts }) =>
    parts.flatMap(({ text, lang }) => (text.match(/(?:\S+\s*){1,4}/g) ?? []).map((words) => [{ kind: "text", parts: [{ text: words, lang }] }])));
}
