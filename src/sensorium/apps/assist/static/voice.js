// The page's voice: the device's own where it speaks the language, the server's otherwise.
// Utterances wait in a line; stop() empties it. Where neither voice can speak, `unheard` is called with the utterance,
// so that its text reaches a live region instead.

import * as api from "./api.js";

const audio = new Audio();
let line = [];
let talking = null; // the AbortController of what is being said
let unlocked = false;

export const voice = {
  rate: 1,
  serverLanguages: null, // codes, [] for "not stated", null for no server voice
  unheard: () => {},
  changed: () => {},
};

export function busy() {
  return talking !== null || line.length > 0;
}

// utterance: { parts: [{text, lang}], rate?: number }
export function say(utterance) {
  line.push(utterance);
  if (!talking) next();
}

export function stop() {
  line = [];
  talking?.abort();
  talking = null;
  audio.pause();
  globalThis.speechSynthesis?.cancel();
  voice.changed();
}

// iOS lets a page make sounds later only if it made one while a control was pressed.
export function unlock() {
  if (unlocked) return;
  unlocked = true;
  const url = URL.createObjectURL(silence());
  audio.src = url;
  audio.play().catch(() => { unlocked = false; }).finally(() => URL.revokeObjectURL(url));
}

// A short tone, for those who hear no screen reader: high when the microphone opens, low when it closes.
let sounds = null;
export async function tone(hertz) {
  try {
    sounds ??= new AudioContext();
    const [source, volume] = [sounds.createOscillator(), sounds.createGain()];
    source.frequency.value = hertz;
    volume.gain.value = 0.2;
    source.connect(volume).connect(sounds.destination);
    const ended = new Promise((over) => { source.onended = over; setTimeout(over, 400); });
    source.start();
    source.stop(sounds.currentTime + 0.15);
    await ended;
  } catch {
    // a device without sound
  }
}

async function next() {
  const utterance = line.shift();
  if (!utterance) {
    talking = null;
    voice.changed();
    return;
  }
  const mine = new AbortController();
  talking = mine;
  voice.changed();
  try {
    for (const part of utterance.parts) {
      if (mine.signal.aborted) return;
      if (/[\p{L}\p{N}]/u.test(part.text)) await sayPart(part, utterance.rate ?? voice.rate, mine.signal);
    }
  } catch (error) {
    if (!mine.signal.aborted) voice.unheard(utterance);
  }
  if (talking === mine) next();
}

async function sayPart(part, rate, signal) {
  const own = await deviceVoice(part.lang);
  if (own) return byDevice(part, own, rate, signal);
  const speaks = voice.serverLanguages;
  const lang = part.lang.split("-")[0];
  if (speaks === null || (speaks.length && !speaks.includes(lang))) throw new Error(`nobody speaks ${part.lang}`);
  return byServer(part.text, lang, rate, signal);
}

async function deviceVoice(lang) {
  const speech = globalThis.speechSynthesis;
  if (!speech) return null;
  if (!speech.getVoices().length) {
    await new Promise((found) => {
      speech.addEventListener("voiceschanged", found, { once: true });
      setTimeout(found, voicesAwaited ? 0 : 300); // Chromium lists its voices a moment after the first question
    });
    voicesAwaited = true;
  }
  const base = lang.split("-")[0];
  const fitting = speech.getVoices().filter((one) => one.lang.toLowerCase().split(/[-_]/)[0] === base);
  // A voice that is not on the device would send the words to its maker.
  return fitting.find((one) => one.localService && one.default) ?? fitting.find((one) => one.localService) ?? null;
}
let voicesAwaited = false;

function byDevice(part, own, rate, signal) {
  return new Promise((done, failed) => {
    const utterance = new SpeechSynthesisUtterance(part.text);
    utterance.voice = own;
    utterance.lang = own.lang;
    utterance.rate = rate;
    utterance.onend = done;
    utterance.onerror = (event) => failed(new Error(event.error));
    signal.addEventListener("abort", done, { once: true });
    speechSynthesis.speak(utterance);
  });
}

async function byServer(text, lang, rate, signal) {
  for (const piece of pieces(text)) {
    const url = URL.createObjectURL(await api.speak(piece, lang, signal));
    try {
      await played(url, rate, signal);
    } finally {
      URL.revokeObjectURL(url);
    }
    if (signal.aborted) return;
  }
}

function played(url, rate, signal) {
  return new Promise((done, failed) => {
    audio.src = url;
    audio.preservesPitch = true;
    audio.playbackRate = rate;
    audio.onended = done;
    audio.onerror = () => failed(new Error("the sound can't be played"));
    signal.addEventListener("abort", done, { once: true });
    audio.play().catch(failed);
  });
}

function pieces(text, most = 1500) {
  const found = [];
  for (let at = 0; at < text.length; at += most) found.push(text.slice(at, at + most));
  return found;
}

function silence() {
  const bytes = new DataView(new ArrayBuffer(46));
  const write = (at, text) => [...text].forEach((letter, i) => bytes.setUint8(at + i, letter.charCodeAt(0)));
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
