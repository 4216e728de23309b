// One sentence as a paragraph, each piece in its own language.

export function paragraph(parts, kind) {
  const node = document.createElement("p");
  node.dataset.kind = kind;
  node.lang = parts[0]?.lang ?? "en";
  for (const part of parts) {
    const span = document.createElement("span");
    span.lang = part.lang;
    span.textContent = part.text;
    node.append(span);
  }
  return node;
}
