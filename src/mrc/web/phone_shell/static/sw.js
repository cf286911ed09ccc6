// Two tasks: keep the shell's files so that the wallet opens offline, and hand every request below
// /app/ to the wallet inside this phone. Nothing below /app/ is ever sent to the origin.

const VERSION = "__VERSION__";
const FILES = __FILES__;
const CACHE = `mobile-id-${VERSION}`;
const TRUST = "/trust.json";

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
  if (url.pathname === TRUST) return freshest(cache);
  const kept = await cache.match(url.pathname, { ignoreSearch: true });
  return kept ?? fetch(request);
}

// Whom to trust may change without a new version: asked for each time, kept for when nobody answers.
async function freshest(cache) {
  try {
    const answer = await fetch(TRUST, { cache: "no-cache", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    await cache.put(TRUST, answer.clone());
    return answer;
  } catch {
    return (await cache.match(TRUST)) ?? Response.error();
  }
}

// Several tabs may show the shell; only the one that owns the wallet listens and answers.
async function shellPages() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.filter((page) => page.frameType === "top-level" && new URL(page.url).pathname === "/");
}

// Another site can make a browser open or post to our addresses. A navigation counts as ours only
// when one of our pages began it (their referrer policy is same-origin); fetches are always ours.
function begunHere(request) {
  if (request.mode !== "navigate") return true;
  return request.referrer !== "" && new URL(request.referrer).origin === self.location.origin;
}

const isWrite = (request) => !["GET", "HEAD"].includes(request.method);
const toShell = (url) => Response.redirect(`/?open=${encodeURIComponent(url.pathname + url.search)}`, 303);

async function fromPhone(request, url) {
  if (isWrite(request) && !begunHere(request)) {
    return new Response("This form was sent from another site.", { status: 403 });
  }
  if (request.destination === "document") return toShell(url); // pages live in the shell's frame only
  const unchanging = url.pathname.startsWith("/app/static/");
  if (unchanging) {
    const kept = await (await caches.open(CACHE)).match(url.pathname);
    if (kept) return kept;
  }
  const shells = await shellPages();
  if (shells.length === 0) return toShell(url);
  const answer = await answered(request, url, shells);
  if (unchanging && answer.ok) await (await caches.open(CACHE)).put(url.pathname, answer.clone());
  return answer;
}

async function answered(request, url, shells) {
  const site = begunHere(request) ? "same-origin" : "cross-site";
  const added = [["host", url.host], ["sec-fetch-site", site], ["accept-language", navigator.languages.join(",")]];
  const message = {
    kind: "request",
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: [...request.headers.entries()].filter(([name]) => !added.some(([own]) => own === name)).concat(added),
    body: await request.arrayBuffer(),
  };
  const { status, headers, body: content } = await new Promise((resolve) => {
    for (const shell of shells) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      shell.postMessage(message, [port2]);
    }
  });
  const empty = status === 204 || status === 304;
  if (status >= 300 && status < 400 && status !== 304) {
    const to = headers.find(([name]) => name === "location")[1];
    return Response.redirect(new URL(to, url), status);
  }
  return new Response(empty ? null : content, { status, headers });
}
