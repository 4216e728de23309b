// Leaving the page and returning to it, and wiping everything.

import * as api from "./api.js";
import { clearProblem, showStatus } from "./announce.js";
import { clearAnswer } from "./answer.js";
import { addToHistory, clearHistory, history } from "./history.js";
import { decode, encode, forgetKept, keep, kept } from "./kept.js";
import { hidePicture, showPicture } from "./picture.js";
import { replay } from "./replay.js";
import { stopAll } from "./request.js";
import { refresh, state, stillHere } from "./state.js";
import { showTiles } from "./tiles.js";

const element = (id) => document.getElementById(id);

export async function remember() {
  const shown = state.picture;
  const answers = history().map(({ picture: about, ...answer }) => ({ ...answer, same: about === shown }));
  const { blob, ...rest } = shown ?? {};
  const image = shown && { ...rest, type: blob.type, data: await encode(blob) };
  if (shown === state.picture) keep({ picture: image, question: element("question").value, answers });
}

export function returned() {
  const before = kept();
  if (!before) return;
  if (before.picture) {
    const { data, type, ...rest } = before.picture;
    state.picture = { ...rest, blob: decode(data, type) };
    showPicture(state.picture.blob);
    showTiles(state.picture);
  }
  element("question").value = before.question ?? "";
  for (const { same, ...answer } of before.answers) {
    state.current = state.heard = { ...answer, picture: same ? state.picture : null };
    addToHistory(state.current, replay);
  }
  const here = stillHere();
  if (here) showStatus(`Y${here.slice(1)}.`);
}

export async function wipe() {
  stopAll();
  const count = clearHistory();
  const sent = state.picture !== null || count > 0;
  state.picture = state.current = state.heard = null;
  state.unasked = "";
  forgetKept();
  clearAnswer();
  element("checked").replaceChildren();
  element("question").value = "";
  for (const id of ["camera", "file"]) element(id).value = "";
  hidePicture();
  showTiles(null);
  clearProblem();
  showStatus(`Wiped: the picture, the question and ${count} answer${count === 1 ? "" : "s"}.`);
  refresh();
  try {
    if (sent) await api.forget(); // what the server has cached of the picture
  } catch {
    showStatus("Wiped here. The server was not reached; it deletes what it has in memory two minutes after the last question.");
  }
}
