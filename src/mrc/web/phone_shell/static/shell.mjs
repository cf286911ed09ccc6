// The shell page owns the worker in which the wallet runs, and never navigates. The wallet's pages
// live in the frame; their requests go page -> service worker -> here -> worker, and stay on the phone.

const START = "/app/";
const frame = document.getElementById("app");
const waking = document.getElementById("waking");
const step = document.getElementById("step");
const progress = document.getElementById("progress");
const detail = document.getElementById("detail");

function stop(title, text) {
  document.documentElement.dataset.state = "stopped";
  step.textContent = title;
  detail.textContent = text;
}

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
        step.textContent = data.text;
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
    if (data?.kind === "request") worker.postMessage(data, [ports[0], ...data.transfer]);
  });
  navigator.serviceWorker.startMessages();
}

function placeToOpen() {
  const wanted = new URLSearchParams(location.search).get("open") ?? START;
  return wanted.startsWith(START) ? wanted : START;
}

async function main() {
  if (!(await heldByThisTab())) {
    stop("Mobile ID is open in another tab.", "Go back to that tab, or close it and reload this one.");
    return;
  }
  navigator.storage?.persist?.();
  const { worker, ready } = startWorker();
  await controlled();
  await ready;
  pass(worker);
  frame.src = placeToOpen();
  frame.hidden = false;
  waking.hidden = true;
  document.documentElement.dataset.state = "awake";
  frame.focus();
}

main().catch((error) =>
  stop("Mobile ID could not start.", `Nothing was lost. Reload this page. (${error.message})`),
);
