// A spoken query: press to speak, press again to search. The microphone is released at once afterwards.

import { PageError } from "./http.js";

const MAX_SECONDS = 20;
let recorder = null;

export function isListening() {
  return recorder !== null;
}

// Start; `onEnd(blob)` is called when it has ended.
export async function listen(onEnd) {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
    throw new PageError("This browser doesn't give this page a microphone.", "It needs https, or localhost. Type instead.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch (error) {
    if (error.name === "NotFoundError") throw new PageError("No microphone was found.", "Type what you look for.");
    throw new PageError("The microphone is blocked.", "Allow it in the browser's settings for this page, or type.");
  }
  const chunks = [];
  const current = new MediaRecorder(stream);
  recorder = current;
  current.ondataavailable = (event) => chunks.push(event.data);
  const timer = setTimeout(stopListening, MAX_SECONDS * 1000);
  current.onstop = () => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    if (recorder === current) recorder = null;
    onEnd(new Blob(chunks, { type: current.mimeType }));
  };
  current.start();
}

export function stopListening() {
  if (recorder?.state === "recording") recorder.stop();
}
