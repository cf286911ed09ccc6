// The PIN pad of the shell: it is there at once, while Python wakes. Where a sealed last page is kept,
// the PIN is tried on it (counted there) and the card is seen; a wrong one is not tried again. Without
// one it judges nothing: what was typed is handed to the wallet, which counts the try.

import { hideLastPage, openLastPage, showLastPage } from "/last_page.mjs";
import { say } from "/words.mjs";

const LENGTH = 6;
const root = document.documentElement;
const part = (id) => document.getElementById(id);

function key(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  if (act) made.dataset.act = act;
  return made;
}

export function askPin() {
  const input = part("early-pin");
  let done;
  const typed = new Promise((resolve) => { done = resolve; });

  // The PIN to hand on; empty where it was wrong, so that it is not counted twice.
  async function tried(pin) {
    const page = await openLastPage(pin);
    if (page === "wrong") return "";
    if (page === null) return pin;
    part("early").hidden = true;
    await showLastPage(page, part("last")).catch(() => hideLastPage(part("last"))); // the wallet still comes
    return pin;
  }

  function accept(text) {
    input.value = text.replace(/\D/g, "").slice(0, LENGTH);
    [...part("early-dots").children].forEach((dot, i) => dot.classList.toggle("filled", i < input.value.length));
    part("early-said").textContent = say("digits").replace("#", String(input.value.length));
    if (input.value.length < LENGTH || root.dataset.pad === "sent") return;
    root.dataset.pad = "sent";
    input.readOnly = true; // what was handed on is not changed any more, by hand or by keyboard
    for (const one of part("early-keys").children) one.disabled = true;
    part("step").textContent = say("moment");
    done(tried(input.value));
  }

  part("early-label").textContent = say("pin");
  const keys = [..."123456789"].map((digit) => key(digit));
  const back = key("⌫", "back");
  back.setAttribute("aria-label", say("back"));
  part("early-keys").append(...keys, key(say("clear"), "clear"), key("0"), back);
  part("early-keys").addEventListener("click", ({ target }) => {
    if (target.dataset.act === "clear") accept("");
    else if (target.dataset.act === "back") accept(input.value.slice(0, -1));
    else if (target.tagName === "BUTTON") accept(input.value + target.textContent);
  });
  input.addEventListener("input", () => accept(input.value));
  part("early").addEventListener("submit", (event) => event.preventDefault());
  part("early").hidden = false;
  root.dataset.pad = "open";
  input.focus();

  return {
    // Called when the wallet is awake. Nothing typed yet: its own pad takes over.
    async unlock() {
      if (input.value === "") return;
      const pin = await typed;
      accept("");
      if (pin !== "") await fetch("/app/unlock", { method: "POST", body: new URLSearchParams({ pin }) });
    },
    // The wallet's own page stands now.
    close: () => hideLastPage(part("last")),
  };
}
