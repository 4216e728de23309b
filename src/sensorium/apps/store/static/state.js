// What is looked for, and its address: words, the product whose like is wanted, and filters stand in it; a photo can't.

export const FIRST = 24;

export const wanted = { words: "", photo: null, like: null, filters: {}, k: FIRST };

export function isEmpty() {
  return !wanted.words && !wanted.photo && !wanted.like;
}

export function remember({ replace = false } = {}) {
  const fields = new URLSearchParams();
  if (wanted.words) fields.set("q", wanted.words);
  if (wanted.like) {
    fields.set("like", wanted.like.id);
    fields.set("title", wanted.like.title);
  }
  if (Object.keys(wanted.filters).length) fields.set("filters", JSON.stringify(wanted.filters));
  const address = fields.size ? `/?${fields}` : "/";
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
}

export function recall() {
  const fields = new URLSearchParams(location.search);
  wanted.words = (fields.get("q") ?? "").slice(0, 500);
  const id = fields.get("like");
  wanted.like = id ? { id, title: fields.get("title") ?? "a product" } : null;
  wanted.photo = null;
  wanted.k = FIRST;
  try {
    const filters = JSON.parse(fields.get("filters") ?? "{}");
    wanted.filters = filters && typeof filters === "object" && !Array.isArray(filters) ? filters : {};
  } catch {
    wanted.filters = {};
  }
}
