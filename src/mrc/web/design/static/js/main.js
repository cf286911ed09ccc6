// Everything a page may need; each module waits for its own elements.
import "./focus.js";
import "./forms.js";
import "./dialog.js";
import "./mask.js";
import "./countdown.js";
import "./pin.js";
import "./card.js";
import "./result.js";
import "./loading.js";
import "./panel.js";

// The scanner is large and stands on few pages.
if (document.querySelector("mrc-scanner")) import("./scanner.js");
