// A long picture, as a screenshot of a whole page, is shrunk for some models: here it can be sent in parts instead.

import { remember } from "./leaving.js";
import { state } from "./state.js";

const element = (id) => document.getElementById(id);

export function showTiles(picture) {
  const count = picture?.tiles ?? 0;
  element("tiles-field").hidden = count === 0;
  element("tiles-count").textContent = `Send it in ${count} parts`;
  element("tiles").checked = Boolean(picture?.inTiles);
}

element("tiles").addEventListener("change", () => {
  if (!state.picture) return;
  state.picture.inTiles = element("tiles").checked;
  remember();
});
