// The page: one picture, one question, one answer at a time, and the earlier ones below. Here its controls are wired.
//
// Who hears what. Short news goes to #status (polite) and problems to #problem (assertive): both are live regions from
// the start. What the person came for (whether the picture is good, the answer) goes to #checked and #answer. If a
// screen reader reads, these are live regions too; if the page reads aloud they are not, or everything would be heard
// twice.

import { setToken } from "./http.js";
import { english } from "./announce.js";
import { ask } from "./ask.js";
import { connect } from "./connection.js";
import { dictate, showRecording } from "./dictate.js";
import { returned, wipe } from "./leaving.js";
import { replay, say, slower, spellOut, where } from "./replay.js";
import { stopped } from "./request.js";
import { settings, startSettings } from "./settings.js";
import { wake } from "./sounds.js";
import { onPress, refresh, state } from "./state.js";
import { take } from "./take.js";
import { stop as stopVoice, unlock, voice } from "./voice.js";

const element = (id) => document.getElementById(id);

function stop() {
  stopped();
  showRecording(false);
}

onPress("take", () => element("camera").click());
onPress("choose", () => element("file").click());
for (const id of ["camera", "file"]) {
  element(id).addEventListener("change", () => {
    const [file] = element(id).files;
    element(id).value = "";
    take(file);
  });
}
onPress("record", dictate);
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask(element("question").value);
});
for (const button of document.querySelectorAll("[data-question]")) {
  button.addEventListener("click", () => {
    element("question").value = button.dataset.question;
    ask(button.dataset.question);
  });
}
element("question").addEventListener("input", refresh);
onPress("stop", stop);
onPress("replay", () => replay());
onPress("slower", slower);
onPress("spell", spellOut);
onPress("where", where);
onPress("hear-suggestion", () => say(english(element("suggestion-text").textContent), "hint"));
onPress("again", () => ask(state.current?.question ?? element("question").value));
onPress("second", () => ask(state.current.question, { opinion: true }));
onPress("wipe", wipe);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element("stop").getAttribute("aria-disabled") !== "true") stop();
});
for (const kind of ["pointerup", "click", "keydown"]) { // iOS takes no earlier gesture than pointerup
  addEventListener(kind, () => {
    if (settings.voice !== "page") return;
    unlock();
    if (kind !== "keydown") wake(); // takes a while: moving the focus shall not wait for it
  }, { capture: true }); // before the control that is pressed speaks
}
addEventListener("online", () => { if (!state.capabilities) connect(); });
addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith("image/"));
  if (file) take(file);
});

function apply() {
  voice.rate = settings.speed;
  setToken(settings.token);
}

async function start() {
  returned();
  startSettings(() => {
    stopVoice();
    apply();
    if (!state.capabilities || !element("token-field").hidden) connect();
  });
  apply();
  await connect();
  refresh();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});
}

start();
