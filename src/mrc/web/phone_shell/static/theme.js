// The look that was chosen in the settings, before the first paint.
"use strict";
try {
  const theme = localStorage.getItem("mrc-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* storage may be closed; the phone's own look is used */ }
