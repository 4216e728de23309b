// Spells an answer: the text that was read in the picture if any, else the answer itself.

const MAX_CHARACTERS = 120;
const NAMES = {
  ".": "point", ",": "comma", ":": "colon", ";": "semicolon", "-": "dash", "–": "dash", "/": "slash", "\\": "backslash",
  "@": "at", "&": "and", "%": "percent", "$": "dollar", "€": "euro", "£": "pound", "₹": "rupee", "#": "number sign",
  "+": "plus", "*": "star", "=": "equals", "(": "bracket", ")": "bracket closed", "'": "apostrophe", "’": "apostrophe",
  '"': "quote", "“": "quote", "”": "quote closed", "!": "exclamation mark", "?": "question mark", "_": "underscore",
  "°": "degrees", "\n": "new line",
};

export function spell(answer) {
  const read = (answer.evidence ?? []).filter((item) => item.kind === "read").map((item) => item.text);
  const text = read.length ? read.join("\n") : answer.text;
  const names = [...text.slice(0, MAX_CHARACTERS)].map(name).filter(Boolean);
  return names.join(", ") + (text.length > MAX_CHARACTERS ? ", and so on." : ".");
}

function name(character) {
  if (character === " ") return "space";
  if (NAMES[character]) return NAMES[character];
  return character !== character.toLowerCase() ? `capital ${character}` : character.trim();
}
