// A file dropped or chosen is read here and put into the form; nothing is sent before that.
const MOST = 60000;

function take(place, file) {
  if (!file) return;
  if (file.size > MOST) {
    const refusal = place.querySelector("template[data-too-long]").content.cloneNode(true);
    place.querySelector("#checked").replaceChildren(refusal);
    return;
  }
  file.text().then((text) => {
    place.querySelector("textarea").value = text;
    place.querySelector("form").requestSubmit();
  });
}

for (const place of document.querySelectorAll("[data-drop]")) {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    take(place, event.dataTransfer.files[0]);
  });
  const chosen = place.querySelector("input[type=file]");
  chosen.addEventListener("click", () => {
    chosen.value = ""; // the same file, changed, may be chosen again
  });
  chosen.addEventListener("change", () => take(place, chosen.files[0]));
}
