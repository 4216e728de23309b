// What the person chose, kept on this device; the token only until the window is closed.

const at = (id) => document.getElementById(id);
const KEY = "sensorium-settings";

export const settings = {
  voice: "page",
  speed: 1,
  language: "en",
  theme: "auto",
  token: "",
  offer,
};

export function startSettings(changed) {
  Object.assign(settings, load());
  const given = new URLSearchParams(location.hash.slice(1)).get("token"); // a fragment is never sent to a server
  if (given) {
    settings.token = given;
    globalThis.history.replaceState(null, "", location.pathname);
  } else {
    settings.token = session()?.getItem(KEY) ?? "";
  }
  show();
  for (const radio of document.querySelectorAll('input[name="voice"]')) {
    radio.addEventListener("change", () => keep({ voice: radio.value }, changed));
  }
  at("speed").addEventListener("change", () => keep({ speed: Number(at("speed").value) }, changed));
  at("language").addEventListener("change", () => keep({ language: at("language").value }, changed));
  at("theme").addEventListener("change", () => keep({ theme: at("theme").value }, changed));
  at("token").addEventListener("change", () => keep({ token: at("token").value }, changed));
  session()?.setItem(KEY, settings.token);
}

// The languages that the model answers in; a choice of one is no choice.
function offer(languages) {
  const list = at("language");
  const found = languages.length ? languages : COMMON;
  list.replaceChildren(...found.map(({ code, name }) => {
    const option = document.createElement("option");
    option.value = code;
    option.textContent = name;
    return option;
  }));
  if (!found.some(({ code }) => code === settings.language)) settings.language = found[0].code;
  list.value = settings.language;
}

const COMMON = [
  ["en", "English"], ["hi", "Hindi"], ["bn", "Bengali"], ["te", "Telugu"], ["mr", "Marathi"], ["ta", "Tamil"],
  ["gu", "Gujarati"], ["kn", "Kannada"], ["ml", "Malayalam"], ["pa", "Punjabi"], ["ur", "Urdu"], ["ar", "Arabic"],
  ["zh", "Chinese"], ["fr", "French"], ["de", "German"], ["id", "Indonesian"], ["it", "Italian"], ["ja", "Japanese"],
  ["ko", "Korean"], ["pl", "Polish"], ["pt", "Portuguese"], ["ru", "Russian"], ["es", "Spanish"], ["sw", "Swahili"],
  ["tr", "Turkish"], ["uk", "Ukrainian"], ["vi", "Vietnamese"],
].map(([code, name]) => ({ code, name }));

function keep(values, changed) {
  Object.assign(settings, values);
  const { voice, speed, language, theme } = settings;
  try {
    localStorage.setItem(KEY, JSON.stringify({ voice, speed, language, theme }));
  } catch {
    // private windows may keep nothing: the choice holds until the page is closed
  }
  session()?.setItem(KEY, settings.token);
  show();
  changed();
}

function load() {
  try {
    const { voice = "page", speed = 1, language = "en", theme = "auto" } = JSON.parse(localStorage.getItem(KEY)) ?? {};
    return { voice, speed, language, theme };
  } catch {
    return {};
  }
}

function session() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}

function show() {
  if (settings.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = settings.theme;
  at("theme").value = settings.theme;
  at("speed").value = String(settings.speed);
  at("token").value = settings.token;
  for (const radio of document.querySelectorAll('input[name="voice"]')) radio.checked = radio.value === settings.voice;
  at("who").hidden = settings.voice !== "page";
  for (const region of document.querySelectorAll("[data-speech]")) {
    region.setAttribute("aria-live", settings.voice === "page" ? "off" : "polite");
  }
}
