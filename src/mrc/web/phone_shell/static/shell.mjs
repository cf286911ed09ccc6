// The shell page owns the worker in which the wallet runs, and never navigates. The wallet's pages
// live in the frame; their requests go page -> service worker -> here -> worker, and stay on the phone.

import { askPin } from "/early.mjs";
import { say } from "/words.mjs";

const START = "/app/";
const SLOW_AFTER = 15_000; // ms
const [frame, waking, step, progress, detail, again] =
  ["app", "waking", "step", "progress", "detail", "again"].map((id) => document.getElementById(id));
const channel = new BroadcastChannel("mobile-id");

step.textContent = say("starting");
detail.textContent = say("first");
again.textContent = say("again");
again.addEventListener("click", () => location.reload());

let slow; // says so when the start takes long; nothing is slow any more once it has ended

function stop(title, text, code) {
  clearTimeout(slow);
  document.documentElement.dataset.state = "stopped";
  step.textContent = title;
  detail.textContent = text;
  if (code) document.getElementById("code").textContent = code;
  again.hidden = false;
  again.focus();
}

const canRun = () =>
  "serviceWorker" in navigator && "locks" in navigator && "indexedDB" in globalThis
  && typeof WebAssembly === "object" && "subtle" in crypto;

// Two tabs must not write the same records: the lock belongs to one, the other says so.
function heldByThisTab() {
  return new Promise((resolve) => {
    navigator.locks.request("mobile-id", { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

async function controlled() {
  await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) =>
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
  );
}

function startWorker() {
  const worker = new Worker("/worker.mjs", { type: "module" });
  const ready = new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      if (data.kind === "progress") {
        step.textContent = say(data.step);
        progress.value = data.percent;
      } else if (data.kind === "ready") resolve();
      else if (data.kind === "failed") reject(new Error(data.reason));
    });
    worker.addEventListener("error", (event) => reject(new Error(event.message)));
  });
  return { worker, ready };
}

// A request for the wallet, handed on by the service worker with the port for its answer.
function pass(worker) {
  navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
    if (data?.kind === "request") worker.postMessage(data, [ports[0], data.body]);
  });
  navigator.serviceWorker.startMessages();
}

// An asker's page leads here with its request after the #: that part is never sent to the origin.
function linkInAddress() {
  const link = new URLSearchParams(location.hash.slice(1)).get("link");
  if (location.hash) history.replaceState(null, "", "/");
  return link;
}

const placeOf = (link) => `${START}open?link=${encodeURIComponent(link)}`;

function placeToOpen(link) {
  if (link) return placeOf(link);
  const wanted = new URLSearchParams(location.search).get("open") ?? START;
  return wanted.startsWith(START) ? wanted : START;
}

// Whether this phone has a wallet, and in which language: so that the next start can begin with the PIN.
const isKnown = () => {
  try { return localStorage.getItem("mrc-known") === "yes"; } catch { return false; }
};

function remember(page) {
  if (!page) return;
  document.title = page.title || document.title;
  const fresh = page.location.pathname.startsWith("/app/start");
  try {
    localStorage.setItem("mrc-language", page.documentElement.lang);
    if (fresh) localStorage.removeItem("mrc-known");
    else localStorage.setItem("mrc-known", "yes");
  } catch { /* the next start begins without the pad */ }
}

async function main() {
  if (!isSecureContext) return stop(say("unsafe"), say("unsafeHow"), "W-281");
  if (!canRun()) return stop(say("old"), say("oldHow"), "W-282");
  const link = linkInAddress();
  if (!(await heldByThisTab())) {
    if (link) channel.postMessage({ link });
    return stop(say("tab"), link ? say("passed") : say("tabHow"));
  }
  slow = setTimeout(() => { detail.textContent = say("slow"); }, SLOW_AFTER);
  navigator.storage?.persist?.();
  const pad = isKnown() ? askPin() : null;
  const { worker, ready } = startWorker();
  await controlled();
  await ready;
  clearTimeout(slow);
  pass(worker);
  await pad?.unlock();
  const open = (other) => { frame.contentWindow.location.href = placeOf(other); };
  channel.addEventListener("message", ({ data }) => data?.link && open(data.link));
  addEventListener("hashchange", () => { const other = linkInAddress(); if (other) open(other); });
  frame.addEventListener("load", () => remember(frame.contentDocument));
  frame.src = placeToOpen(link);
  frame.hidden = false;
  waking.hidden = true;
  pad?.close();
  document.documentElement.dataset.state = "awake";
  frame.focus();
  return undefined;
}

main().catch((error) => {
  console.error(error);
  stop(say("failed"), say("failedHow"), `W-283 ${error.message.trim().split("\n").at(-1)}`);
});
