// Keys for a queue: "/" goes to the search, arrows walk the results, Enter in the field opens the only one.
const rows = () => [...document.querySelectorAll(".found-row button")];
const typing = (target) => target.matches?.("input, textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing(event.target)) {
    event.preventDefault();
    const field = document.getElementById("text");
    if (field) field.select();
    else document.querySelector('.menu a[href="/search"]')?.click();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const inList = event.target.id === "text" || event.target.closest?.(".found-row");
  if (step && inList && rows().length) {
    event.preventDefault();
    const next = rows().indexOf(document.activeElement) + step;
    if (next < 0) document.getElementById("text").focus();
    else rows()[Math.min(next, rows().length - 1)].focus();
  }
});

// Enter once the list is there: the form still posts for a list that is not.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "search" || event.target.dataset.shown !== event.target.text.value) return;
  if (rows().length !== 1) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  rows()[0].click();
}, true);
document.addEventListener("htmx:after:swap", () => {
  const shown = document.querySelector("[data-for]");
  const form = document.getElementById("search");
  if (form && shown) form.dataset.shown = shown.dataset.for;
});
