// Requests to this page's own server, of every app. Errors become PageError: a message and what to do.

export class PageError extends Error {
  constructor(message, hint = "", status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

let token = "";

export function setToken(value) {
  token = value;
}

export function hasToken() {
  return token !== "";
}

// Read a body; a connection that ends in it is told in words, not as the browser's "network error".
export async function received(body, hint) {
  try {
    return await body;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new PageError("The connection to the server was lost before the answer was complete.", `Check the network, then ${hint}`);
  }
}

// `kept` says what isn't lost, and what to do once the server is back.
export async function send(path, options = {}, kept = "") {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new PageError("The server can't be reached.", kept), { unreachable: true });
  }
  if (response.ok) return response;
  let problem = {};
  try {
    problem = (await response.json()).error ?? {};
  } catch {
    // no JSON: something between here and the server answered
  }
  throw new PageError(problem.message ?? `The server answered ${response.status}.`, problem.hint ?? "", response.status);
}
