// A file dropped or chosen is read here and put into the form; nothing is sent before that.
const MOST = 60000;

function take(place, file) {
  if (!file || file.size > MOST) return;
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
  place.querySelector("input[type=file]").addEventListener("change", (event) => {
    take(place, event.target.files[0]);
  });
}
