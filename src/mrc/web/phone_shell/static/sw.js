// Two tasks: keep the shell's files so that the wallet opens offline, and hand every request below
// /app/ to the wallet inside this phone. Nothing below /app/ is ever sent to the origin.

const VERSION = "__VERSION__";
const FILES = __FILES__;
const CACHE = `mobile-id-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/app/")) event.respondWith(fromPhone(event.request, url));
  else if (event.request.method === "GET") event.respondWith(fromCache(event.request, url));
});

async function fromCache(request, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(url.pathname, { ignoreSearch: true });
  return kept ?? fetch(request);
}

async function shellPage() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.find((page) => page.frameType === "top-level" && new URL(page.url).pathname === "/");
}

async function fromPhone(request, url) {
  const shell = await shellPage();
  if (!shell) {
    const place = encodeURIComponent(url.pathname + url.search);
    return Response.redirect(`/?open=${place}`, 303);
  }
  const body = await request.arrayBuffer();
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  const message = {
    kind: "request",
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: [...request.headers.entries(), ["host", url.host]],
    body,
    transfer: [body],
  };
  shell.postMessage(message, [port2, body]);
  const { status, headers, body: content } = await answered;
  const empty = status === 204 || status === 304;
  if (status >= 300 && status < 400 && status !== 304) {
    const to = headers.find(([name]) => name === "location")[1];
    return Response.redirect(new URL(to, url), status);
  }
  return new Response(empty ? null : content, { status, headers });
}
