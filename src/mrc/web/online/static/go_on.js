// Goes back to the service by itself after two seconds; the link beside it does the same at once.
const AFTER = 2000;
let timer;

function look() {
  const place = document.querySelector("[data-go-on]");
  if (!place || timer) return;
  timer = setTimeout(() => location.assign(place.dataset.goOn), AFTER);
  for (const event of ["pointerdown", "keydown", "focusin"]) document.addEventListener(event, stay, { once: true });
}
// Whoever reads or moves here is not taken away.
function stay(event) {
  if (event.type === "focusin" && event.target.matches("[data-focus]")) return;
  clearTimeout(timer);
}
look();
document.addEventListener("htmx:after:swap", look);
