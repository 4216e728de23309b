// What leaving the page and returning must not lose (a phone's camera may close the page behind it): the picture and the
// answers, in this tab's session storage, which is deleted with the tab and by "Wipe everything".

const KEY = "sensorium-kept";

// state: { picture: {data, type, warnings, turns, warned} or null, question, answers }
export function keep(state) {
  for (const kept of [state, { ...state, picture: null }]) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
      return;
    } catch {
      // too large: the answers alone; or private windows that store nothing
    }
  }
}

export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function forgetKept() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // nothing was stored
  }
}

export function encode(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

export function decode(data, type) {
  return new Blob([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], { type });
}
