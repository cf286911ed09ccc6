// The PIN pad of the shell: it is there at once, while Python wakes. It judges nothing: what was typed
// is handed to the wallet, which counts the try and answers on its own pages.

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

  function accept(text) {
    input.value = text.replace(/\D/g, "").slice(0, LENGTH);
    [...part("early-dots").children].forEach((dot, i) => dot.classList.toggle("filled", i < input.value.length));
    part("early-said").textContent = say("digits").replace("#", String(input.value.length));
    if (input.value.length < LENGTH || root.dataset.pad === "sent") return;
    root.dataset.pad = "sent";
    part("step").textContent = say("moment");
    done(input.value);
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
      await fetch("/app/unlock", { method: "POST", body: new URLSearchParams({ pin }) });
    },
  };
}
