// The requests of the shop.

import { hasToken, received, send } from "./http.js";

const AGAIN = "search again.";
const UNREACHABLE = "Check the network, then search again.";

async function fetched(path, options = {}) {
  return received((await send(path, options, UNREACHABLE)).json(), AGAIN);
}

export async function getShop() {
  return fetched("/api/shop");
}

// Search for what `wanted` holds: words, photo (a Blob), like ({ id }), filters, k.
export async function search(wanted, signal) {
  const filters = JSON.stringify(wanted.filters);
  if (wanted.photo) {
    const form = new FormData();
    form.append("words", wanted.words);
    form.append("k", String(wanted.k));
    form.append("filters", filters);
    form.append("photo", wanted.photo, "photo");
    return fetched("/api/search", { method: "POST", body: form, signal });
  }
  const fields = new URLSearchParams({ k: String(wanted.k), filters });
  if (wanted.words) fields.set("q", wanted.words);
  if (wanted.like) fields.set("id", wanted.like.id);
  return fetched(`${wanted.like ? "/api/like" : "/api/search"}?${fields}`, { signal });
}

export async function transcribe(audio, language) {
  const form = new FormData();
  form.append("audio", audio, "query");
  form.append("language", language);
  return fetched("/api/transcribe", { method: "POST", body: form });
}

// Show a product's picture in an img; with a token it can't be an address, since that can't carry one.
export async function showPicture(img, id, side, failed = () => {}) {
  const address = `/api/picture?${new URLSearchParams({ id, side: String(side) })}`;
  img.addEventListener("error", failed, { once: true });
  if (!hasToken()) {
    img.src = address;
    return;
  }
  try {
    const url = URL.createObjectURL(await (await send(address, { cache: "default" })).blob());
    img.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    img.src = url;
  } catch {
    failed();
  }
}
