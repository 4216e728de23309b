// Plays the films at the moments of the evidence, and says in a live region where playback went. The focus stays where it is.
"use strict";

const films = [...document.querySelectorAll("video")];
const byPlace = new Map(films.map((film) => [film.dataset.place, film]));
const moments = [...document.querySelectorAll("[data-start]")];
const evidence = moments.filter((button) => button.matches(".card"));
const status = document.getElementById("status");
const singleKeys = document.getElementById("single-keys");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const STEP_SECONDS = 5;
const REMEMBERED = "sensorium-watch-single-keys";
let current = films[0];
let chosen = -1;

function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function say(text) {
  status.textContent = text;
}

function nameOf(film) {
  return films.length > 1 ? ` in ${film.dataset.name}` : "";
}

function problemOf(film) {
  return document.getElementById(film.dataset.problem);
}

function tellProblem(film) {
  problemOf(film).hidden = false;
  say(problemOf(film).dataset.short);
}

function isBroken(film) {
  return !problemOf(film).hidden;
}

function goTo(film, seconds, words) {
  for (const other of films) if (other !== film) other.pause();
  current = film;
  film.currentTime = Math.max(0, Math.min(seconds, Number(film.dataset.seconds) - 0.1)); // at its very end it would start anew
  film.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  if (isBroken(film)) return tellProblem(film);
  say(words);
  return film.play().catch((error) => {
    if (error.name === "NotSupportedError") tellProblem(film);
    else if (error.name === "NotAllowedError") say(`Your browser did not let it play: press the film's own play button. ${words}`);
  });
}

function playMoment(button) {
  const film = byPlace.get(button.dataset.film);
  goTo(film, Number(button.dataset.start), `Playing${nameOf(film)} from ${button.dataset.words}`);
  for (const other of moments) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  const place = evidence.indexOf(button);
  if (place >= 0) chosen = place;
}

function playNext(step) {
  if (!evidence.length) return say("No evidence to go to.");
  const next = chosen < 0 && step < 0 ? evidence.length - 1 : chosen + step;
  if (next < 0) return say("That is the first piece of evidence.");
  if (next >= evidence.length) return say("That is the last piece of evidence.");
  playMoment(evidence[next]);
}

function toggle() {
  if (isBroken(current)) return tellProblem(current);
  if (!current.paused) {
    current.pause();
    return say(`Paused at ${clock(current.currentTime)}.`);
  }
  goTo(current, current.currentTime, `Playing${nameOf(current)} from ${clock(current.currentTime)}.`);
}

function skip(seconds) {
  const end = Number.isFinite(current.duration) ? current.duration : Infinity;
  current.currentTime = Math.min(end, Math.max(0, current.currentTime + seconds));
  say(`${clock(current.currentTime)}${nameOf(current)}.`);
}

function mark(film) {
  const at = film.currentTime;
  const whole = Number(film.dataset.seconds);
  for (const head of document.querySelectorAll(`[data-head="${film.dataset.place}"]`)) {
    head.setAttribute("x1", `${(100 * at) / whole}%`);
    head.setAttribute("x2", `${(100 * at) / whole}%`);
    head.removeAttribute("visibility");
  }
  for (const shape of document.querySelectorAll(`[data-mark="${film.dataset.place}"]`)) {
    shape.classList.toggle("now", Number(shape.dataset.from) <= at && at <= Number(shape.dataset.to));
  }
}

function onKey(event) {
  const field = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.isComposing || field) return;
  if (!singleKeys.checked || !current) return;
  const own = event.target.closest("button, summary, a, input, video"); // they have a use for the key themselves
  const actions = { j: () => playNext(1), k: () => playNext(-1) };
  if (!own) Object.assign(actions, { " ": toggle });
  if (!event.target.closest("video, input, .spoken")) {
    Object.assign(actions, { ArrowLeft: () => skip(-STEP_SECONDS), ArrowRight: () => skip(STEP_SECONDS) });
  }
  const act = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || (event.shiftKey && event.key === " ")) return;
  event.preventDefault();
  act();
}

for (const button of moments) button.addEventListener("click", () => playMoment(button));
for (const film of films) {
  const noPicture = () => {
    if (film.readyState > 0 && !film.videoWidth) tellProblem(film);
  };
  film.addEventListener("error", () => tellProblem(film));
  film.addEventListener("loadedmetadata", noPicture);
  film.addEventListener("timeupdate", () => mark(film));
  film.addEventListener("seeked", () => mark(film));
  film.addEventListener("play", () => {
    for (const other of films) if (other !== film) other.pause();
    current = film;
  });
  if (film.error) tellProblem(film);
  else noPicture();
}
for (const lane of document.querySelectorAll("[data-lane]")) {
  lane.addEventListener("click", (event) => {
    const film = byPlace.get(lane.dataset.lane);
    const box = lane.getBoundingClientRect();
    const at = (Number(film.dataset.seconds) * (event.clientX - box.left)) / box.width;
    goTo(film, at, `Playing${nameOf(film)} from ${clock(at)}.`);
  });
}
document.addEventListener("keydown", onKey);
try {
  singleKeys.checked = localStorage.getItem(REMEMBERED) !== "off";
} catch {
  // a page that was opened as a file may have no storage: the switch then lasts as long as the page
}
singleKeys.addEventListener("change", () => {
  try {
    localStorage.setItem(REMEMBERED, singleKeys.checked ? "on" : "off");
  } catch {
    // see above
  }
});
document.documentElement.dataset.ready = "yes";
