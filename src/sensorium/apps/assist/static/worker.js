// The page without a network: its files from the last visit. Requests to the server's API are never cached.

const SHELL = "sensorium-shell-4";
const FILES = [
  "/", "/page.css", "/announce.js", "/answer.js", "/api.js", "/ask.js", "/connection.js", "/dictate.js", "/history.js",
  "/http.js", "/kept.js", "/leaving.js", "/page.js", "/paragraph.js", "/picture.js", "/recorder.js", "/repeat.js", "/replay.js",
  "/request.js", "/settings.js", "/sounds.js", "/spell.js", "/state.js", "/take.js", "/thinking.js", "/tiles.js",
  "/voice.js",
  "/manifest.webmanifest", "/icon.svg", "/icon-192.png", "/icon-512.png",
];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = async () => (await caches.keys()).filter((name) => name !== SHELL).map((name) => caches.delete(name));
  event.waitUntil(old().then((gone) => Promise.all(gone)).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.method !== "GET" || !FILES.includes(path)) return;
  event.respondWith(fresh(event.request, path));
});

async function fresh(request, path) {
  const shell = await caches.open(SHELL);
  try {
    const response = await fetch(request);
    if (response.ok) await shell.put(path, response.clone());
    return response;
  } catch {
    return (await shell.match(path)) ?? Response.error();
  }
}
