// The wallet's own behaviour: six digits send themselves, and an app left alone locks itself.
document.addEventListener("mrc:complete", (event) => {
  const form = event.target.closest("form.pin-form");
  if (form && form.ariaBusy !== "true") form.requestSubmit();
});

const idle = Number(document.querySelector("[data-idle]")?.dataset.idle ?? 0) * 1000;
const lockForm = document.getElementById("lock-form");
if (idle && lockForm) {
  let last = Date.now();
  const used = () => { last = Date.now(); };
  for (const kind of ["pointerdown", "keydown", "scroll", "touchstart"]) addEventListener(kind, used, { passive: true });
  const look = () => { if (Date.now() - last >= idle) lockForm.submit(); };
  setInterval(look, 5_000);
  document.addEventListener("visibilitychange", look);
}

// A page that the back button brings back from memory may show what is no longer so.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
