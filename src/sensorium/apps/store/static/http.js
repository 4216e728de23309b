// Requests to the shop's own server. Errors become PageError: a message and what to do.

export class PageError extends Error {
  constructor(message, hint = "", status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

let token = "";

export function setToken(value) {
  token = value;
}

export function hasToken() {
  return token !== "";
}

export async function send(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new PageError("The shop can't be reached.", "Check the network, then search again.");
  }
  if (response.ok) return response;
  let problem = {};
  try {
    problem = (await response.json()).error ?? {};
  } catch {
    // no JSON: something between here and the server answered
  }
  throw new PageError(problem.message ?? `The server answered ${response.status}.`, problem.hint ?? "", response.status);
}

export async function getShop() {
  return (await send("/api/shop")).json();
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
    return (await send("/api/search", { method: "POST", body: form, signal })).json();
  }
  const fields = new URLSearchParams({ k: String(wanted.k), filters });
  if (wanted.words) fields.set("q", wanted.words);
  if (wanted.like) fields.set("id", wanted.like.id);
  return (await send(`${wanted.like ? "/api/like" : "/api/search"}?${fields}`, { signal })).json();
}

export async function transcribe(audio, language) {
  const form = new FormData();
  form.append("audio", audio, "query");
  form.append("language", language);
  return (await send("/api/transcribe", { method: "POST", body: form })).json();
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
    const url = URL.createObjectURL(await (await send(address)).blob());
    img.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    img.src = url;
  } catch {
    failed();
  }
}
