// One request at a time: what is in progress begins, ends, fails or is stopped.

import { clearProblem, discard, flush, showProblem, showStatus } from "./announce.js";
import { watch } from "./connection.js";
import { cancel } from "./recorder.js";
import { stopRepeating } from "./repeat.js";
import { refresh, state } from "./state.js";
import { stopThinking } from "./thinking.js";
import { stop as stopVoice } from "./voice.js";

export function begin(text) {
  state.request = new AbortController();
  showStatus(text);
  refresh();
  return state.request;
}

export function end(request, text) {
  if (state.request !== request) return;
  stopThinking();
  state.request = null;
  showStatus(text);
  refresh();
}

export function failed(request, error) {
  if (state.request !== request) return; // stopped by the person
  stopThinking();
  state.request = null;
  if (error.name !== "AbortError") showProblem(error);
  if (error.unreachable || error.status === 401) watch(error);
  refresh();
}

export function stopAll() {
  discard();
  stopThinking();
  stopRepeating();
  state.request?.abort();
  state.request = null;
  cancel();
  stopVoice();
  refresh();
}

// Stop, and make room for something new.
export function startOver() {
  stopAll();
  clearProblem();
}

export function stopped() {
  flush();
  stopAll();
  showStatus("Stopped.");
}
