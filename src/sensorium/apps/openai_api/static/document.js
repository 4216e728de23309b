// The OpenAPI document as a page of headings and tables: nothing is fetched from anywhere else.

const loading = document.getElementById("loading");
const operations = document.getElementById("operations");

function put(parent, name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  parent.append(made);
  return made;
}

function resolved(all, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((value, name) => value[name], all) : schema;
}

function kind(all, schema) {
  const found = resolved(all, schema) ?? {};
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (found.anyOf) return found.anyOf.map((one) => kind(all, one)).join(" or ");
  if (found.format === "binary") return "file";
  if (found.type === "array") return `list of ${kind(all, found.items)}`;
  return [found.type ?? "anything"].flat().join(" or ");
}

function fields(all, parent, schema, title) {
  const found = resolved(all, schema);
  if (!found?.properties) return;
  const table = put(parent, "table");
  put(table, "caption", title);
  const head = put(put(table, "thead"), "tr");
  for (const name of ["Name", "Type", "Needed", "About"]) put(head, "th", name).scope = "col";
  const body = put(table, "tbody");
  for (const [name, one] of Object.entries(found.properties)) {
    const row = put(body, "tr");
    put(row, "th", name).scope = "row";
    put(row, "td", kind(all, one));
    put(row, "td", found.required?.includes(name) ? "yes" : "no");
    put(row, "td", resolved(all, one)?.description ?? "");
  }
}

function operation(all, path, method, about) {
  const section = put(operations, "section");
  put(section, "h2", `${method.toUpperCase()} ${path}`);
  put(section, "p", `${about.summary}.`);
  for (const [media, body] of Object.entries(about.requestBody?.content ?? {})) {
    fields(all, section, body.schema, `What is sent: ${media}`);
  }
  const list = put(section, "ul");
  for (const [status, response] of Object.entries(about.responses)) {
    const media = Object.keys(response.content ?? {}).join(" or ");
    put(list, "li", `${status} ${media}: ${response.description}`);
  }
  for (const [media, body] of Object.entries(about.responses["200"]?.content ?? {})) {
    fields(all, section, body.schema, `What comes back: ${media}`);
  }
}

try {
  const all = await (await fetch("/openapi.json")).json();
  put(operations, "p", all.info.description);
  for (const [path, methods] of Object.entries(all.paths)) {
    for (const [method, about] of Object.entries(methods)) operation(all, path, method, about);
  }
  loading.textContent = "";
} catch {
  loading.textContent = "The document can't be read just now.";
}
