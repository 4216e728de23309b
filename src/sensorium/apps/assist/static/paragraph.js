// One sentence as a paragraph, each piece in its own language.

export function paragraph(parts, kind) {
  const made = document.createElement("p");
  made.dataset.kind = kind;
  made.lang = parts[0]?.lang ?? "en";
  for (const part of parts) {
    const piece = document.createElement("span");
    piece.lang = part.lang;
    piece.textContent = part.text;
    made.append(piece);
  }
  return made;
}
