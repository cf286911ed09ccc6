// A masked value is shown for ten seconds after a tap and hidden when the page leaves the front.
const SHOWN_FOR = 10_000;

class Mask extends HTMLElement {
  connectedCallback() {
    this.value ??= this.querySelector(".masked-value");
    this.mask ??= this.value.textContent;
    this.button ??= this.querySelector("button");
    this.said ??= this.querySelector("[data-said]");
    this.onClick = () => (this.timer ? this.hide() : this.show());
    this.onHidden = () => { if (document.hidden) this.hide(); };
    this.button.addEventListener("click", this.onClick);
    document.addEventListener("visibilitychange", this.onHidden);
  }

  disconnectedCallback() {
    this.hide();
    this.button.removeEventListener("click", this.onClick);
    document.removeEventListener("visibilitychange", this.onHidden);
  }

  show() {
    this.value.textContent = this.dataset.value;
    this.button.setAttribute("aria-pressed", "true");
    this.said.textContent = this.said.dataset.shown;
    this.timer = setTimeout(() => this.hide(), SHOWN_FOR);
  }

  hide() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.value.textContent = this.mask;
    this.button.setAttribute("aria-pressed", "false");
    this.said.textContent = this.said.dataset.hidden;
  }
}
customElements.define("mrc-mask", Mask);
