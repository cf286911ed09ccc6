// The settings panel: shows what is chosen and keeps a change.
const DEFAULTS = { sound: "on", vibration: "on" };

class Preferences extends HTMLElement {
  connectedCallback() {
    for (const choice of this.querySelectorAll("[data-preference]")) {
      const name = choice.dataset.preference;
      const value = globalThis.mrcPreferences.get(name) ?? DEFAULTS[name] ?? "auto";
      choice.checked = choice.value === value;
    }
    this.addEventListener("change", (event) => {
      const { preference } = event.target.dataset;
      if (preference) globalThis.mrcPreferences.set(preference, event.target.value);
    });
  }
}
customElements.define("mrc-preferences", Preferences);
