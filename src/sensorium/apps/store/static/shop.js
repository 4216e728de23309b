// The shop's page: searches as one types, speaks or shows a photo, and says how many products there are.

import { buildFilters, showChosen } from "./filters.js";
import { setToken } from "./http.js";
import { whenPhoto } from "./photo.js";
import { showProducts, whenLiked } from "./products.js";
import { recording, start as listen, stop as stopListening } from "./recorder.js";
import { getShop, search, showPicture, transcribe } from "./requests.js";
import { FIRST, isEmpty, recall, remember, wanted } from "./state.js";

const TYPING_MS = 350;
const MOST = 200;
const part = (name) => document.getElementById(name);
const query = part("query");
let shop = null;
let request = null;
let timer = 0;
let photoUrl = "";

async function open() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? sessionStorage.getItem("sensorium-shop-token") ?? "";
  useToken(token);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  recall();
  query.value = wanted.words;
  await enter();
}

function useToken(token) {
  setToken(token);
  if (token) sessionStorage.setItem("sensorium-shop-token", token);
}

async function enter() {
  try {
    shop = await getShop();
  } catch (error) {
    part("token-field").hidden = error.status !== 401;
    showProblem(error);
    return;
  }
  part("token-field").hidden = true;
  showProblem(null);
  document.title = `${shop.title} – search by words, photo or voice`;
  part("title").textContent = shop.title;
  query.placeholder = `Search ${shop.count.toLocaleString()} product${shop.count === 1 ? "" : "s"}`;
  part("voice").hidden = shop.hears === null;
  buildFilters(shop, () => run({ push: true }));
  showChips();
  await run({ push: false });
}

// Search for what is wanted; without anything wanted, show some of what is here.
async function run({ push = true, more = false, focus = false } = {}) {
  clearTimeout(timer);
  request?.abort();
  const own = (request = new AbortController());
  if (!more) wanted.k = FIRST;
  if (push) remember();
  showProblem(null);
  if (isEmpty() && !Object.keys(wanted.filters).length) {
    show({ products: shop.first, no_match: false }, "Some of what is here", `${shop.count.toLocaleString()} products in all`);
    return;
  }
  if (isEmpty()) {
    part("status").textContent = "Say what you look for; the filters are kept.";
    return;
  }
  part("results").ariaBusy = "true";
  const slow = setTimeout(() => { part("status").textContent = "Searching …"; }, 700);
  try {
    const found = await search(wanted, own.signal);
    if (request !== own) return;
    show(found, heading(), summary(found), more);
    if (focus) part("results-heading").focus();
  } catch (error) {
    if (error.name !== "AbortError" && request === own) showProblem(error);
  } finally {
    clearTimeout(slow);
    if (request === own) part("results").ariaBusy = "false";
  }
}

function heading() {
  const parts = [];
  if (wanted.photo) parts.push("your photo");
  if (wanted.like) parts.push(`products like ${wanted.like.title}`);
  if (wanted.words) parts.push(`“${wanted.words}”`);
  return `Results for ${parts.join(" and ")}`;
}

function summary(found) {
  const number = found.products.length;
  if (!number) return "No good match.";
  return number === 1 ? "1 product" : `${number} products, the best first`;
}

function show(found, title, status, more = false) {
  part("results-heading").textContent = title;
  part("status").textContent = status;
  part("no-match").hidden = !found.no_match;
  if (found.no_match) {
    part("advice").replaceChildren(...found.advice.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    part("nearest").hidden = found.nearest.length === 0;
    part("nearest").onclick = () => {
      part("nearest").hidden = true;
      showProducts(found.nearest);
      part("status").textContent = `${found.nearest.length} nearest products; none of them is a good match.`;
      part("products").querySelector("button")?.focus();
    };
  }
  const before = more ? part("products").children.length : 0;
  showProducts(found.products, { keep: before });
  part("more").hidden = isEmpty() || found.products.length < wanted.k || wanted.k >= MOST;
  if (more) part("products").children[before]?.querySelector("button")?.focus();
}

function showProblem(error) {
  part("problem").textContent = error ? `${error.message} ${error.hint ?? ""}`.trim() : "";
}

function showChips() {
  const chips = [];
  if (wanted.photo) {
    const img = Object.assign(document.createElement("img"), { alt: "", src: photoUrl });
    chips.push(chip(img, "Your photo", "Remove your photo", () => { setPhoto(null); }));
  }
  if (wanted.like) {
    const img = Object.assign(document.createElement("img"), { alt: "" });
    showPicture(img, wanted.like.id, 120, () => img.remove());
    chips.push(chip(img, `Like: ${wanted.like.title}`, `Remove: like ${wanted.like.title}`, () => { wanted.like = null; }));
  }
  part("chips").replaceChildren(...chips);
}

function chip(img, text, remove, action) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
  button.setAttribute("aria-label", remove);
  button.onclick = () => {
    action();
    showChips();
    query.focus();
    run();
  };
  item.append(img, Object.assign(document.createElement("span"), { textContent: text }), button);
  return item;
}

function setPhoto(photo) {
  if (photoUrl) URL.revokeObjectURL(photoUrl);
  photoUrl = photo ? URL.createObjectURL(photo) : "";
  wanted.photo = photo;
}

query.addEventListener("input", () => {
  wanted.words = query.value.trim();
  clearTimeout(timer);
  timer = setTimeout(() => run({ push: true }), TYPING_MS);
});
part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  wanted.words = query.value.trim();
  run({ focus: true });
});
part("more").onclick = () => {
  wanted.k = Math.min(MOST, wanted.k + FIRST);
  run({ push: false, more: true });
};
whenPhoto(
  (photo) => {
    setPhoto(photo);
    wanted.like = null;
    showChips();
    run({ focus: true });
  },
  (error) => showProblem(error),
);
whenLiked((like) => {
  wanted.like = like;
  wanted.words = query.value = "";
  setPhoto(null);
  showChips();
  scrollTo({ top: 0 });
  run({ focus: true });
});

part("voice").onclick = async () => {
  if (recording()) {
    stopListening();
    return;
  }
  try {
    await listen(heard);
    setListening(true);
    part("status").textContent = "Listening. Press again to search.";
  } catch (error) {
    showProblem(error);
  }
};

function setListening(on) {
  part("voice").ariaPressed = String(on);
  part("voice-name").textContent = on ? "Stop" : "Speak";
}

async function heard(audio) {
  setListening(false);
  part("status").textContent = "Understanding what you said …";
  try {
    const { text } = await transcribe(audio, navigator.language);
    if (!text) {
      part("status").textContent = "Nothing was understood. Speak again, or type.";
      return;
    }
    query.value = wanted.words = text.replace(/[.!?]+$/, "");
    run({ focus: true });
  } catch (error) {
    showProblem(error);
  }
}

addEventListener("popstate", () => {
  recall();
  setPhoto(null);
  query.value = wanted.words;
  showChosen();
  showChips();
  run({ push: false });
});
part("token").addEventListener("change", () => {
  useToken(part("token").value.trim());
  enter();
});

open();
