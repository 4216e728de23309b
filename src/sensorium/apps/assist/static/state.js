// What the page knows, and which controls can be used now. The focus is never moved: controls that can't be used are
// aria-disabled, not disabled.

import { recording } from "./recorder.js";
import { busy, voice } from "./voice.js";

const element = (id) => document.getElementById(id);

export const state = {
  capabilities: null, // what the server can do
  picture: null, // { blob, warnings, tiles, inTiles, turns, warned, heardWarnings }
  current: null, // the answer to the last question
  heard: null, // the answer heard last, perhaps an earlier one: Replay, Slower, Spell and Where are about it
  unasked: "", // a question that waits for its picture
  request: null, // AbortController of the request in progress
};

export function refresh() {
  const { picture, current, heard, request } = state;
  enable("stop", busy() || request !== null || recording());
  for (const id of ["replay", "slower", "spell", "where"]) enable(id, heard?.done);
  enable("again", Boolean(picture && (current || element("question").value.trim())));
  enable("second", current?.done && !current.opinion && current.picture === picture); // of the same picture only
}
voice.onChange = refresh;

function enable(id, can) {
  element(id).setAttribute("aria-disabled", String(!can));
}

// What is here without the server, as the end of a sentence; "" for nothing.
export function stillHere() {
  const here = [state.picture ? "picture" : "", state.current ? "answers" : ""].filter(Boolean).join(" and ");
  return here && `your ${here} ${here === "picture" ? "is" : "are"} still here`;
}

// Do something when a button is pressed that can be used now.
export function onPress(id, action) {
  element(id).addEventListener("click", () => {
    if (element(id).getAttribute("aria-disabled") !== "true") action();
  });
}
