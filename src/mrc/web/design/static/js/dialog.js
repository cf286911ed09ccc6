// Confirm dialogs: a button with data-opens shows the dialog of that id; the focus comes back after.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    dialog?.showModal();
    dialog?.addEventListener("close", () => opener.focus(), { once: true });
  }
  event.target.closest?.("[data-closes]")?.closest("dialog")?.close();
});
document.addEventListener("htmx:before:request", (event) => {
  event.target.closest?.("dialog[open]")?.close();
});
