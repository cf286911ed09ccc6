// Looks a person chose (theme, contrast, text size, motion, sound, vibration). Runs before the page
// is painted, so nothing flashes. Kept in this browser only; storage may be closed (private windows).
"use strict";
globalThis.mrcPreferences = (() => {
  const names = ["theme", "contrast", "text", "motion", "sound", "vibration"];
  const root = document.documentElement;
  const read = (name) => {
    try { return localStorage.getItem(`mrc-${name}`); } catch { return null; }
  };
  const apply = (name, value) => { root.dataset[name] = value; };
  for (const name of names) {
    const value = read(name);
    if (value) apply(name, value);
  }
  return {
    get: (name) => root.dataset[name] ?? null,
    set(name, value) {
      if (!names.includes(name)) return;
      apply(name, value);
      try { localStorage.setItem(`mrc-${name}`, value); } catch { /* lasts for this page */ }
    },
  };
})();
