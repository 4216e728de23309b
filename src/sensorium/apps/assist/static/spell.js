// An answer letter by letter: what was read word for word where there is such, else the answer itself.

const MOST = 120;
const NAMES = {
  ".": "point", ",": "comma", ":": "colon", ";": "semicolon", "-": "dash", "–": "dash", "/": "slash", "\\": "backslash",
  "@": "at", "&": "and", "%": "percent", "$": "dollar", "€": "euro", "£": "pound", "₹": "rupee", "#": "number sign",
  "+": "plus", "*": "star", "=": "equals", "(": "bracket", ")": "bracket closed", "'": "apostrophe", "’": "apostrophe",
  '"': "quote", "“": "quote", "”": "quote closed", "!": "exclamation mark", "?": "question mark", "_": "underscore",
  "°": "degrees", "\n": "new line",
};

export function spelled(answer) {
  const read = (answer.evidence ?? []).filter((seen) => seen.kind === "read").map((seen) => seen.text);
  const text = read.length ? read.join("\n") : answer.text;
  const letters = [...text.slice(0, MOST)].map(name).filter(Boolean);
  return letters.join(", ") + (text.length > MOST ? ", and so on." : ".");
}

function name(letter) {
  if (letter === " ") return "space";
  if (NAMES[letter]) return NAMES[letter];
  return letter !== letter.toLowerCase() ? `capital ${letter}` : letter.trim();
}
