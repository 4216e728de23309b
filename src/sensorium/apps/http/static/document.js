// Shows the OpenAPI document as headings and tables; nothing is loaded from another site.

const loading = document.getElementById("loading");
const operations = document.getElementById("operations");

function append(parent, name, text = "") {
  const node = document.createElement(name);
  node.textContent = text;
  parent.append(node);
  return node;
}

function resolve(all, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((value, name) => value[name], all) : schema;
}

function typeName(all, schema) {
  const known = resolve(all, schema) ?? {};
  if (known.const !== undefined) return JSON.stringify(known.const);
  if (known.enum) return known.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (known.anyOf) return known.anyOf.map((option) => typeName(all, option)).join(" or ");
  if (known.format === "binary" || known.contentMediaType === "application/octet-stream") return "file";
  if (known.type === "array") return `list of ${typeName(all, known.items)}`;
  return [known.type ?? "anything"].flat().join(" or ");
}

function fields(all, parent, schema, title) {
  const known = resolve(all, schema);
  if (!known?.properties) return;
  const table = append(parent, "table");
  append(table, "caption", title);
  const head = append(append(table, "thead"), "tr");
  for (const name of ["Name", "Type", "Required", "Description"]) append(head, "th", name).scope = "col";
  const body = append(table, "tbody");
  for (const [name, field] of Object.entries(known.properties)) {
    const row = append(body, "tr");
    append(row, "th", name).scope = "row";
    append(row, "td", typeName(all, field));
    append(row, "td", known.required?.includes(name) ? "yes" : "no");
    append(row, "td", resolve(all, field)?.description ?? "");
  }
}

function operation(all, path, method, about) {
  const section = append(operations, "section");
  append(section, "h2", `${method.toUpperCase()} ${path}`);
  append(section, "p", about.description);
  for (const [media, body] of Object.entries(about.requestBody?.content ?? {})) {
    fields(all, section, body.schema, `Request: ${media}`);
  }
  const list = append(section, "ul");
  for (const [status, response] of Object.entries(about.responses)) {
    const media = Object.keys(response.content ?? {}).join(" or ");
    append(list, "li", `${status} ${media}: ${response.description}`);
  }
  for (const [media, body] of Object.entries(about.responses["200"]?.content ?? {})) {
    fields(all, section, body.schema, `Response: ${media}`);
  }
}

try {
  const all = await (await fetch("/openapi.json")).json();
  append(operations, "p", all.info.description);
  for (const [path, methods] of Object.entries(all.paths)) {
    for (const [method, about] of Object.entries(methods)) operation(all, path, method, about);
  }
  loading.textContent = "";
} catch {
  loading.textContent = "The document can't be loaded at the moment.";
}
