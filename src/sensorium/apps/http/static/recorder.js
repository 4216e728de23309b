// A spoken question: press to start, press to stop. The microphone is released at once afterwards.

import { PageError } from "./http.js";

const MAX_SECONDS = 60;
let recorder = null;

export function recording() {
  return recorder !== null;
}

// Start; the promise resolves when recording has begun. `onEnd(blob)` is called when it has ended.
export async function start(onEnd) {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
    throw new PageError("This browser does not give this page a microphone.", "It needs https, or localhost. Type the question.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch (error) {
    if (error.name === "NotFoundError") throw new PageError("No microphone was found.", "Type the question.");
    throw new PageError("The microphone is blocked.", "Allow it in the browser's settings for this page, or type.");
  }
  const chunks = [];
  const current = new MediaRecorder(stream);
  recorder = current;
  current.ondataavailable = (event) => chunks.push(event.data);
  const timer = setTimeout(stop, MAX_SECONDS * 1000);
  current.onstop = () => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    if (recorder === current) recorder = null;
    onEnd(current.cancelled ? null : new Blob(chunks, { type: current.mimeType }));
  };
  current.start();
}

export function stop() {
  if (recorder?.state === "recording") recorder.stop();
}

export function cancel() {
  if (recorder) recorder.cancelled = true;
  stop();
}
