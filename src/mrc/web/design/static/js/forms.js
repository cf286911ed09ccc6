// One act, one request: a double click or a second Enter while a form is being sent is dropped.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-once]")) return;
  if (event.submitter?.getAttribute("aria-disabled") === "true" || form.ariaBusy === "true") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.ariaBusy = "true";
}, true);

const release = (root) => {
  for (const form of root.querySelectorAll("form[aria-busy]")) form.ariaBusy = null;
};
document.addEventListener("htmx:finally:request", () => release(document));
addEventListener("pageshow", () => release(document));

document.addEventListener("click", (event) => {
  const button = event.target.closest?.('[aria-disabled="true"]');
  if (button) event.preventDefault();
}, true);

// Consent: the button says how many details will be shared.
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form");
  const label = form?.querySelector("[data-share-label]");
  if (!label) return;
  const count = form.querySelectorAll('input[name="share"][type="hidden"], input[name="share"]:checked').length;
  const pattern = count === 1 ? label.dataset.one : label.dataset.many;
  label.textContent = count === 1 ? pattern : pattern.replace("99", String(count));
});

// The language list closes on Escape and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.language[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.language[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
