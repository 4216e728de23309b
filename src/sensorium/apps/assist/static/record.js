// A spoken question: press to start, press to stop. The microphone is let go of at once afterwards.

import { Trouble } from "./api.js";

const LONGEST_SECONDS = 60;
let recorder = null;

export function recording() {
  return recorder !== null;
}

// Start; the promise that comes back is kept when recording has begun. `over(blob)` is called when it has ended.
export async function start(over) {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
    throw new Trouble("This browser gives no microphone to this page.", "It needs https, or localhost. Type the question.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch (error) {
    if (error.name === "NotFoundError") throw new Trouble("There is no microphone.", "Type the question.");
    throw new Trouble("The microphone may not be used.", "Allow it in the browser's settings for this page, or type.");
  }
  const pieces = [];
  const mine = new MediaRecorder(stream);
  recorder = mine;
  mine.ondataavailable = (event) => pieces.push(event.data);
  const timer = setTimeout(stop, LONGEST_SECONDS * 1000);
  mine.onstop = () => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    if (recorder === mine) recorder = null;
    over(mine.cancelled ? null : new Blob(pieces, { type: mine.mimeType }));
  };
  mine.start();
}

export function stop() {
  if (recorder?.state === "recording") recorder.stop();
}

export function cancel() {
  if (recorder) recorder.cancelled = true;
  stop();
}
