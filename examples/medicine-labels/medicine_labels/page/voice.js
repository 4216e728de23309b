// The device's own voice. A voice that isn't on the device would send the words to its maker, so it isn't used.

const speech = globalThis.speechSynthesis;

async function voice() {
  if (!speech) return null;
  if (!speech.getVoices().length) {
    await new Promise((resolve) => {
      speech.addEventListener("voiceschanged", resolve, { once: true });
      setTimeout(resolve, 500); // some browsers list their voices a moment after the first question
    });
  }
  const own = speech.getVoices().filter((each) => each.localService && each.lang.toLowerCase().startsWith("en"));
  return own.find((each) => each.default) ?? own[0] ?? null;
}

export async function canSpeak() {
  return (await voice()) !== null;
}

export function stop() {
  speech?.cancel();
}

export async function speak(sentences) {
  stop();
  const chosen = await voice();
  if (!chosen) return;
  for (const text of sentences) {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = chosen;
    utterance.lang = chosen.lang;
    speech.speak(utterance);
  }
}
