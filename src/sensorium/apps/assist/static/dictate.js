// A question by voice: recorded, written down by the server, asked.

import * as api from "./api.js";
import { showProblem, showStatus } from "./announce.js";
import { ask } from "./ask.js";
import { PageError } from "./http.js";
import * as recorder from "./recorder.js";
import { begin, end, failed, startOver } from "./request.js";
import { settings } from "./settings.js";
import { tone } from "./sounds.js";
import { refresh } from "./state.js";

const element = (id) => document.getElementById(id);
const [OPEN_HERTZ, CLOSED_HERTZ] = [880, 440];
// what a screen reader says about the button while the microphone is already open
const BUTTON_ANNOUNCEMENT = /^(?:\s*(?:stop recording|recording|button)\b[\s.,!:]*)+/i;

export async function dictate() {
  if (recorder.recording()) {
    recorder.stop();
    return;
  }
  startOver();
  try {
    if (settings.voice === "page") await tone(OPEN_HERTZ);
    await recorder.start(recorded);
  } catch (error) {
    showProblem(error);
    return;
  }
  showRecording(true);
  showStatus("Recording."); // short: a screen reader's voice may be in the recording
  refresh();
}

export function showRecording(on) {
  element("record").textContent = on ? "Stop recording" : "Ask by voice";
  element("record").toggleAttribute("data-recording", on);
}

async function recorded(blob) {
  showRecording(false);
  refresh();
  if (!blob) return;
  if (settings.voice === "page") tone(CLOSED_HERTZ);
  const request = begin("Recorded. Writing down what you said.");
  let transcript;
  try {
    transcript = await api.transcribe(blob, settings.language, request.signal);
  } catch (error) {
    failed(request, error);
    return;
  }
  end(request, "");
  const question = transcript.text.replace(BUTTON_ANNOUNCEMENT, "").trim();
  if (!question) {
    showProblem(new PageError("I heard no words.", "Press Ask by voice and speak again, or type."));
    return;
  }
  element("question").value = question;
  await ask(question, { spoken: true });
}
