// The filters, made from the shop's columns: check boxes for texts, two numbers for a range.

import { wanted } from "./state.js";

const pane = document.getElementById("filter-pane");
const form = document.getElementById("filters");
const clear = document.getElementById("clear");
const count = document.getElementById("filter-count");
const details = document.getElementById("filter-details");
let facets = [];

export function buildFilters(shop, onChange) {
  facets = shop.facets;
  pane.hidden = facets.length === 0;
  form.replaceChildren(...facets.map(fieldset));
  details.open = matchMedia("(min-width: 64rem)").matches;
  showChosen();
  form.oninput = (event) => {
    if (event.target.type === "number") return; // wait until the number is complete
    read();
    onChange();
  };
  form.onchange = (event) => {
    if (event.target.type !== "number") return;
    read();
    onChange();
  };
  form.onsubmit = (event) => event.preventDefault();
  clear.onclick = () => {
    wanted.filters = {};
    showChosen();
    form.querySelector("input")?.focus();
    onChange();
  };
}

function fieldset(facet, number) {
  const box = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = inWords(facet.column);
  box.append(legend);
  if (facet.kind === "range") box.append(range(facet, number));
  else {
    const list = document.createElement("div");
    if (facet.choices.length > 8) {
      list.className = "scroll";
      list.tabIndex = 0;
      list.role = "group";
      list.ariaLabel = inWords(facet.column);
    }
    const choices = facet.kind === "yes" ? [{ value: "", count: null }] : facet.choices;
    list.append(...choices.map((choice) => checkbox(facet, choice)));
    box.append(list);
  }
  return box;
}

function checkbox(facet, choice) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "checkbox", name: facet.column, value: choice.value });
  const text = document.createElement("span");
  text.textContent = facet.kind === "yes" ? `Only ${inWords(facet.column).toLowerCase()}` : choice.value;
  label.append(input, text);
  if (choice.count !== null) {
    const number = document.createElement("span");
    number.className = "count";
    number.textContent = String(choice.count);
    label.append(number);
  }
  return label;
}

function range(facet, number) {
  const row = document.createElement("div");
  row.className = "range";
  for (const [bound, word, value] of [["least", "from", facet.least], ["most", "to", facet.most]]) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), {
      type: "number", name: facet.column, id: `range-${number}-${bound}`, step: facet.whole ? "1" : "any",
      placeholder: String(facet.whole ? value : Math.round(value * 100) / 100), inputMode: "decimal",
    });
    input.dataset.bound = bound;
    input.ariaLabel = `${inWords(facet.column)} ${word}`;
    label.append(word, input);
    row.append(label);
  }
  return row;
}

function inputs(facet) {
  return [...form.querySelectorAll("input")].filter((input) => input.name === facet.column);
}

function read() {
  const chosen = {};
  for (const facet of facets) {
    const fields = inputs(facet);
    if (facet.kind === "range") {
      const bounds = {};
      for (const field of fields) if (field.value !== "" && field.validity.valid) bounds[field.dataset.bound] = field.valueAsNumber;
      if (Object.keys(bounds).length) chosen[facet.column] = bounds;
    } else {
      const checked = fields.filter((field) => field.checked).map((field) => field.value);
      if (checked.length) chosen[facet.column] = facet.kind === "yes" ? true : checked;
    }
  }
  wanted.filters = chosen;
  summarise();
}

// Set the fields to what is chosen, e.g. after Back.
export function showChosen() {
  for (const facet of facets) {
    const chosen = wanted.filters[facet.column];
    for (const field of inputs(facet)) {
      if (facet.kind === "range") field.value = chosen?.[field.dataset.bound] ?? "";
      else field.checked = facet.kind === "yes" ? chosen === true : Array.isArray(chosen) && chosen.includes(field.value);
    }
  }
  summarise();
}

function summarise() {
  const number = Object.keys(wanted.filters).length;
  clear.hidden = number === 0;
  count.textContent = number ? `${number} set` : "";
}

export function inWords(column) {
  const words = column.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
