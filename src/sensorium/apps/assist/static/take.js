// A picture is taken, chosen or pasted: prepared, shown, checked; then a question that waited for it is asked.

import * as api from "./api.js";
import { announce, flush } from "./announce.js";
import { ask } from "./ask.js";
import { PageError } from "./http.js";
import { remember } from "./leaving.js";
import { hidePicture, prepare, showPicture } from "./picture.js";
import { begin, end, failed, startOver } from "./request.js";
import { settings } from "./settings.js";
import { refresh, state } from "./state.js";
import { showTiles } from "./tiles.js";

const element = (id) => document.getElementById(id);

export async function take(file) {
  if (!file) return;
  startOver();
  element("checked").replaceChildren();
  state.picture = null;
  showTiles(null);
  const request = begin("Checking the picture.");
  try {
    await check(await prepare(file), request);
  } catch (error) {
    failed(request, error);
    if (error.status >= 400 && error.status < 500 && error.status !== 401) {
      state.picture = null;
      hidePicture();
    }
    refresh();
    return;
  }
  refresh();
  if (!state.picture) return;
  const question = state.unasked;
  state.unasked = "";
  if (question && question === element("question").value.trim()) await ask(question, { follows: true });
}

async function check(blob, request) {
  const picture = { blob, warnings: [], turns: [], warned: [] };
  const largest = state.capabilities?.max_bytes ?? Infinity;
  if (blob.size > largest) {
    hidePicture();
    throw new PageError(`The picture is larger than ${Math.round(largest / 1e6)} MB.`, "Make it smaller first.");
  }
  if (state.request !== request) return; // stopped, or another picture was taken since
  state.picture = picture;
  showPicture(blob);
  const report = await api.check(blob, settings.language, request.signal);
  picture.warnings = report.warnings;
  picture.tiles = report.tiles;
  showTiles(picture);
  end(request, "");
  const bad = report.usable === false || report.warnings.length;
  announce(element("checked"), [{ text: report.message, lang: report.language }], bad ? "warning" : "text");
  flush();
  remember();
}
