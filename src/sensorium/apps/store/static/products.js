// The products as cards, and one of them large in a dialog.

import { inWords } from "./filters.js";
import { showPicture } from "./requests.js";

const list = document.getElementById("products");
const dialog = document.getElementById("product");
const part = (name) => document.getElementById(`product-${name}`);
let onLike = () => {};

export function whenLiked(action) {
  onLike = action;
}

export function nameOf(product, place) {
  return product.titled || product.title !== "Product" ? product.title : `Product ${place}`;
}

export function priceOf(product) {
  if (!product.price) return "";
  const { value, currency } = product.price;
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  try {
    const style = currency ? { style: "currency", currency } : digits;
    return new Intl.NumberFormat(navigator.language, style).format(value);
  } catch {
    return `${value.toFixed(2)} ${currency}`.trim();
  }
}

export function showProducts(products, { keep = 0 } = {}) {
  while (list.children.length > keep) list.lastElementChild.remove();
  list.append(...products.slice(keep).map((product, number) => card(product, keep + number + 1)));
}

function card(product, place) {
  const name = nameOf(product, place);
  const item = document.createElement("li");
  const article = Object.assign(document.createElement("article"), { className: "product" });
  const frame = Object.assign(document.createElement("div"), { className: "frame" });
  const img = Object.assign(document.createElement("img"), { alt: "", loading: "lazy", decoding: "async" });
  // a photo of nearly the frame's shape, a square, fills it; others are shown whole, before a blur of themselves: white for a cut-out
  img.addEventListener("load", () => {
    img.classList.toggle("fills", Math.abs(Math.log(img.naturalWidth / img.naturalHeight)) < 0.25);
    frame.style.setProperty("--picture", `url("${img.src}")`);
  });
  frame.append(img);
  showPicture(img, product.id, 480, () => {
    frame.replaceChildren(Object.assign(document.createElement("p"), { className: "missing", textContent: "No picture" }));
  });
  const text = Object.assign(document.createElement("div"), { className: "text" });
  const heading = document.createElement("h3");
  const open = Object.assign(document.createElement("button"), { type: "button", textContent: name });
  open.setAttribute("aria-haspopup", "dialog");
  open.onclick = () => look(product, name);
  heading.append(open);
  text.append(heading);
  const price = priceOf(product);
  if (price) text.append(Object.assign(document.createElement("p"), { className: "price", textContent: price }));
  const about = shortly(product);
  if (about) text.append(Object.assign(document.createElement("p"), { className: "about", textContent: about }));
  const like = Object.assign(document.createElement("button"), { type: "button", className: "like", textContent: "More like this" });
  like.setAttribute("aria-label", `More like this: ${name}`);
  like.onclick = () => onLike({ id: product.id, title: name });
  article.append(frame, text, like);
  item.append(article);
  return item;
}

function shortly(product) {
  const texts = Object.values(product.details).filter((value) => typeof value === "string" && value.length <= 32);
  return texts.slice(0, 2).join(" · ");
}

function look(product, name) {
  part("title").textContent = name;
  part("price").textContent = priceOf(product);
  const details = [];
  for (const [column, value] of Object.entries(product.details)) {
    const shown = value === true ? "yes" : value === false ? "no" : Array.isArray(value) ? value.join(", ") : String(value);
    details.push(Object.assign(document.createElement("dt"), { textContent: inWords(column) }));
    details.push(Object.assign(document.createElement("dd"), { textContent: shown }));
  }
  if (product.copies) {
    details.push(Object.assign(document.createElement("dt"), { textContent: "Near duplicates" }));
    details.push(Object.assign(document.createElement("dd"), { textContent: String(product.copies) }));
  }
  part("details").replaceChildren(...details);
  const img = part("image");
  img.removeAttribute("src");
  img.alt = `${name}, large picture`;
  showPicture(img, product.id, 1280);
  part("like").onclick = () => {
    dialog.close();
    onLike({ id: product.id, title: name });
  };
  dialog.showModal();
}

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside it
});
