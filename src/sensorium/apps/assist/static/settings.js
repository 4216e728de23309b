// The person's settings, stored on this device; the token only until the window is closed.

const element = (id) => document.getElementById(id);
const KEY = "sensorium-settings";

export const settings = {
  voice: "page",
  speed: 1,
  language: "en",
  theme: "auto",
  token: "",
  offer,
};

export function startSettings(onChange) {
  Object.assign(settings, load());
  const fragmentToken = new URLSearchParams(location.hash.slice(1)).get("token"); // a fragment is never sent to a server
  if (fragmentToken) {
    settings.token = fragmentToken;
    globalThis.history.replaceState(null, "", location.pathname);
  } else {
    settings.token = session()?.getItem(KEY) ?? "";
  }
  apply();
  for (const radio of document.querySelectorAll('input[name="voice"]')) {
    radio.addEventListener("change", () => store({ voice: radio.value }, onChange));
  }
  element("speed").addEventListener("change", () => store({ speed: Number(element("speed").value) }, onChange));
  element("language").addEventListener("change", () => store({ language: element("language").value }, onChange));
  element("theme").addEventListener("change", () => store({ theme: element("theme").value }, onChange));
  element("token").addEventListener("change", () => store({ token: element("token").value }, onChange));
  session()?.setItem(KEY, settings.token);
}

// Fills the list with the languages that the model answers in.
function offer(languages) {
  const list = element("language");
  const offered = languages.length ? languages : COMMON;
  list.replaceChildren(...offered.map(({ code, name }) => {
    const option = document.createElement("option");
    option.value = code;
    option.textContent = name;
    return option;
  }));
  if (!offered.some(({ code }) => code === settings.language)) settings.language = offered[0].code;
  list.value = settings.language;
}

const COMMON = [
  ["en", "English"], ["hi", "Hindi"], ["bn", "Bengali"], ["te", "Telugu"], ["mr", "Marathi"], ["ta", "Tamil"],
  ["gu", "Gujarati"], ["kn", "Kannada"], ["ml", "Malayalam"], ["pa", "Punjabi"], ["ur", "Urdu"], ["ar", "Arabic"],
  ["zh", "Chinese"], ["fr", "French"], ["de", "German"], ["id", "Indonesian"], ["it", "Italian"], ["ja", "Japanese"],
  ["ko", "Korean"], ["pl", "Polish"], ["pt", "Portuguese"], ["ru", "Russian"], ["es", "Spanish"], ["sw", "Swahili"],
  ["tr", "Turkish"], ["uk", "Ukrainian"], ["vi", "Vietnamese"],
].map(([code, name]) => ({ code, name }));

function store(values, onChange) {
  Object.assign(settings, values);
  const { voice, speed, language, theme } = settings;
  try {
    localStorage.setItem(KEY, JSON.stringify({ voice, speed, language, theme }));
  } catch {
    // private windows may store nothing: the choice holds until the page is closed
  }
  session()?.setItem(KEY, settings.token);
  apply();
  onChange();
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

function apply() {
  if (settings.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = settings.theme;
  element("theme").value = settings.theme;
  element("speed").value = String(settings.speed);
  element("token").value = settings.token;
  for (const radio of document.querySelectorAll('input[name="voice"]')) radio.checked = radio.value === settings.voice;
  element("who").hidden = settings.voice !== "page";
  for (const region of document.querySelectorAll("[data-speech]")) {
    region.setAttribute("aria-live", settings.voice === "page" ? "off" : "polite");
  }
}
