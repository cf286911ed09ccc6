// After a swap the focus goes to the new heading (or to the error summary), as after a page load.
const focused = new WeakSet();

function focusNew(root) {
  const found = [...root.querySelectorAll("[data-focus]")].filter((each) => !focused.has(each));
  const target = found.find((each) => each.getAttribute("role") === "alert") ?? found[0];
  for (const each of found) focused.add(each);
  target?.focus({ preventScroll: false });
}

// The first page load keeps the browser's own start, except for an error summary.
for (const each of document.querySelectorAll("[data-focus]")) {
  if (each.getAttribute("role") === "alert") each.focus();
  focused.add(each);
}
document.addEventListener("htmx:after:swap", () => focusNew(document));
