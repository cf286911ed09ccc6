// The link of the customer screen opens in a window of its own, so that it can be dragged to the display.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-screen]");
  if (!link) return;
  event.preventDefault();
  window.open(link.href, "mrc-customer", "popup,noopener,width=1024,height=768");
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  await navigator.clipboard?.writeText(field.value);
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-prints]")) window.print();
});

// Without a connection the page says so, and takes it back as soon as something answers.
const connected = (yes) => {
  const band = document.getElementById("no-connection");
  if (band) band.hidden = yes;
};
addEventListener("offline", () => connected(false));
addEventListener("online", () => connected(true));
document.addEventListener("htmx:error", () => connected(false));
document.addEventListener("htmx:after:request", () => connected(true));
