// Short tones, for those who hear no screen reader: high when the microphone opens, low when it closes, soft while the
// model thinks.

let context = null;
let playing = null; // the oscillator that sounds now

// Browsers let a page make sounds only after a control was pressed, and iOS stops them when the page was away.
export function wake() {
  try {
    context ??= new AudioContext();
    if (context.state !== "running") context.resume().catch(() => {});
  } catch {
    // a device without sound
  }
}

export async function tone(hertz, loudness = 0.2, seconds = 0.15) {
  try {
    wake();
    const [source, volume] = [context.createOscillator(), context.createGain()];
    source.frequency.value = hertz;
    volume.gain.setValueAtTime(0, context.currentTime); // a tone that begins at once clicks
    volume.gain.linearRampToValueAtTime(loudness, context.currentTime + 0.02);
    volume.gain.setValueAtTime(loudness, context.currentTime + seconds - 0.03);
    volume.gain.linearRampToValueAtTime(0, context.currentTime + seconds);
    source.connect(volume).connect(context.destination);
    const ended = new Promise((resolve) => { source.onended = resolve; setTimeout(resolve, seconds * 1000 + 250); });
    playing = source;
    source.start();
    source.stop(context.currentTime + seconds);
    await ended;
  } catch {
    // a device without sound
  }
}

export function hush() {
  try {
    playing?.stop();
  } catch {
    // it had ended
  }
  playing = null;
}
