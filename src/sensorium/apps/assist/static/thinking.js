// The model thinks: where the page speaks, a soft tone tells so every two seconds and words every eight; a screen reader
// gets the words. Both end when the answer begins.

import { english, showStatus } from "./announce.js";
import { settings } from "./settings.js";
import { hush, tone } from "./sounds.js";
import { busy, speak } from "./voice.js";

const TONE_SECONDS = 2;
const REMINDER_SECONDS = 8;
const HERTZ = 330;
const LOUDNESS = 0.12;
let timers = [];

export function startThinking() {
  stopThinking();
  let seconds = 0;
  const sound = () => { if (settings.voice === "page" && !busy()) tone(HERTZ, LOUDNESS); };
  const remind = () => {
    const text = `Still thinking, ${(seconds += REMINDER_SECONDS)} seconds.`;
    showStatus(text);
    if (settings.voice === "page" && !busy()) speak({ parts: english(text) });
  };
  if (settings.voice === "page") tone(HERTZ, LOUDNESS); // at once, that the question is taken
  timers = [setInterval(sound, TONE_SECONDS * 1000), setInterval(remind, REMINDER_SECONDS * 1000)];
}

export function stopThinking() {
  if (timers.length) hush();
  timers.forEach(clearInterval);
  timers = [];
}
