// The server: what it can do, and, when it can't be reached, trying again until it is back.

import * as api from "./api.js";
import { clearProblem, showProblem, showStatus } from "./announce.js";
import { settings } from "./settings.js";
import { state, stillHere } from "./state.js";
import { voice } from "./voice.js";

const element = (id) => document.getElementById(id);
const RECONNECT_SECONDS = 5;
let shown = ""; // the problem that stands on the page because of the server
let unreached = false;
let timer = 0;
let arrived = location.hash.includes("token="); // by a link: that it works is worth a word

export async function connect() {
  clearTimeout(timer);
  try {
    state.capabilities = await api.getCapabilities();
  } catch (error) {
    if (error.unreachable && unreached) {
      again(); // that has been said
      return;
    }
    const here = stillHere();
    if (error.unreachable) error.hint = `This page tries again by itself${here && `; ${here}`}.`;
    showProblem(error);
    watch(error);
    return;
  }
  if (element("problem").textContent === shown) clearProblem();
  if (unreached && state.picture && state.current && !state.current.done) showStatus("Connected. Press Ask again.");
  else if (shown || arrived) showStatus("Connected.");
  shown = "";
  unreached = arrived = false;
  offer(state.capabilities);
}

// The server was not reached or refused, and the person was told so: that ends when it is back or the token is right.
export function watch(error) {
  shown = element("problem").textContent;
  unreached = Boolean(error.unreachable);
  if (unreached) again();
}

function again() {
  clearTimeout(timer);
  timer = setTimeout(connect, RECONNECT_SECONDS * 1000);
}

function offer(capabilities) {
  element("token-field").hidden = true;
  voice.serverLanguages = capabilities.speaks;
  element("model").textContent = `the model “${capabilities.models[0]}”`;
  element("second").hidden = capabilities.models.length < 2;
  element("record").hidden = capabilities.hears === null;
  settings.offer(capabilities.answers);
}
