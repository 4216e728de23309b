// The page's voice: the device's own if it speaks the language, the server's otherwise.
// Utterances wait in a queue; stop() empties it. If neither voice can speak, `onUnspoken` is called with the utterance,
// so that its text reaches a live region instead.
//
// A device's voice that does not start in START_SECONDS is replaced, and until something else is asked not tried again:
// else every sentence would wait for it.

import * as api from "./api.js";

const START_SECONDS = 3;
const audio = new Audio();
let queue = [];
let speaking = null; // the AbortController of what is being spoken
let unlocked = false;
let silentDevice = false; // its voice did not start

export const voice = {
  rate: 1,
  serverLanguages: null, // codes, [] for "not stated", null for no server voice
  onUnspoken: () => {},
  onSpoken: () => {},
  onChange: () => {},
};

export function busy() {
  return speaking !== null || queue.length > 0;
}

// utterance: { parts: [{text, lang}], rate?: number }
export function speak(utterance) {
  queue.push(utterance);
  if (!speaking) next();
}

export function stop() {
  queue = [];
  speaking?.abort();
  speaking = null;
  silentDevice = false;
  audio.pause();
  globalThis.speechSynthesis?.cancel();
  voice.onChange();
}

// iOS lets a page make sounds later only if it made one while a control was pressed.
export function unlock() {
  if (unlocked || speaking) return;
  unlocked = true;
  if (globalThis.speechSynthesis) { // iOS's own voice needs the same
    const empty = new SpeechSynthesisUtterance("");
    speechSynthesis.speak(empty);
  }
  const url = URL.createObjectURL(silence());
  audio.src = url;
  audio.play().catch(() => { unlocked = false; }).finally(() => URL.revokeObjectURL(url));
}

async function next() {
  const utterance = queue.shift();
  if (!utterance) {
    speaking = null;
    voice.onChange();
    return;
  }
  const current = new AbortController();
  speaking = current;
  voice.onChange();
  try {
    for (const part of utterance.parts) {
      if (current.signal.aborted) return;
      if (/[\p{L}\p{N}]/u.test(part.text)) await speakPart(part, utterance.rate ?? voice.rate, current.signal);
    }
    if (!current.signal.aborted) voice.onSpoken();
  } catch {
    if (!current.signal.aborted) voice.onUnspoken(utterance);
  }
  if (speaking === current) next();
}

async function speakPart(part, rate, signal) {
  const chosen = silentDevice ? null : await deviceVoice(part.lang);
  if (chosen) {
    try {
      return await byDevice(part, chosen, rate, signal);
    } catch (error) {
      if (signal.aborted) return;
      silentDevice = true;
      if (voice.serverLanguages === null) throw error; // a voice that does not start is replaced by the server's
    }
  }
  const speaks = voice.serverLanguages;
  const lang = part.lang.split("-")[0];
  if (speaks === null || (speaks.length && !speaks.includes(lang))) throw new Error(`no voice for ${part.lang}`);
  return byServer(part.text, lang, rate, signal);
}

async function deviceVoice(lang) {
  const speech = globalThis.speechSynthesis;
  if (!speech) return null;
  if (!speech.getVoices().length) {
    await new Promise((resolve) => {
      speech.addEventListener("voiceschanged", resolve, { once: true });
      setTimeout(resolve, voicesAwaited ? 0 : 300); // Chromium lists its voices a moment after the first question
    });
    voicesAwaited = true;
  }
  const base = lang.split("-")[0];
  const matching = speech.getVoices().filter((candidate) => candidate.lang.toLowerCase().split(/[-_]/)[0] === base);
  // A voice that is not on the device would send the words to its maker.
  return matching.find((candidate) => candidate.localService && candidate.default) ?? matching.find((candidate) => candidate.localService) ?? null;
}
let voicesAwaited = false;

function byDevice(part, chosen, rate, signal) {
  return new Promise((resolve, reject) => {
    const utterance = new SpeechSynthesisUtterance(part.text);
    utterance.voice = chosen;
    utterance.lang = chosen.lang;
    utterance.rate = rate;
    const silent = setTimeout(() => {
      speechSynthesis.cancel();
      reject(new Error("the device's voice does not start"));
    }, START_SECONDS * 1000);
    const ended = () => { clearTimeout(silent); resolve(); };
    utterance.onstart = () => clearTimeout(silent);
    utterance.onend = ended;
    utterance.onerror = (event) => { clearTimeout(silent); reject(new Error(event.error)); };
    signal.addEventListener("abort", ended, { once: true });
    speechSynthesis.speak(utterance);
  });
}

async function byServer(text, lang, rate, signal) {
  for (const piece of split(text)) {
    const url = URL.createObjectURL(await api.speak(piece, lang, signal));
    try {
      await play(url, rate, signal);
    } finally {
      URL.revokeObjectURL(url);
    }
    if (signal.aborted) return;
  }
}

function play(url, rate, signal) {
  return new Promise((resolve, reject) => {
    audio.src = url;
    audio.preservesPitch = true;
    audio.playbackRate = rate;
    audio.onended = resolve;
    audio.onerror = () => reject(new Error("the audio can't be played"));
    signal.addEventListener("abort", resolve, { once: true });
    audio.play().catch(reject);
  });
}

function split(text, maxLength = 1500) {
  const parts = [];
  for (let start = 0; start < text.length; start += maxLength) parts.push(text.slice(start, start + maxLength));
  return parts;
}

function silence() {
  const bytes = new DataView(new ArrayBuffer(46));
  const write = (offset, text) => [...text].forEach((character, i) => bytes.setUint8(offset + i, character.charCodeAt(0)));
  write(0, "RIFF");
  bytes.setUint32(4, 38, true);
  write(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, 8000, true);
  bytes.setUint32(28, 16000, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  write(36, "data");
  bytes.setUint32(40, 2, true);
  return new Blob([bytes.buffer], { type: "audio/wav" });
}
