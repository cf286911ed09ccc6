// PIN pad over one password field: keys, dots, "2 of 6". The digits themselves are never announced.
class Pin extends HTMLElement {
  connectedCallback() {
    this.length = Number(this.dataset.length);
    this.input = this.querySelector("input");
    this.status = this.querySelector("[data-status]");
    this.classList.add("pin-ready");
    // On a touch screen the pad replaces the system keyboard; a hardware keyboard still types.
    if (matchMedia("(pointer: coarse)").matches) this.input.inputMode = "none";
    this.input.addEventListener("input", () => this.accept(this.input.value));
    for (const key of this.querySelectorAll("[data-digit]")) {
      key.addEventListener("click", () => this.accept(this.input.value + key.dataset.digit));
    }
    this.querySelector("[data-clear]").addEventListener("click", () => this.accept(""));
    this.querySelector("[data-back]").addEventListener("click", () => this.accept(this.input.value.slice(0, -1)));
  }

  accept(text) {
    const digits = text.replace(/\D/g, "").slice(0, this.length);
    this.input.value = digits;
    this.querySelectorAll(".pin-dots i").forEach((dot, index) => dot.classList.toggle("filled", index < digits.length));
    this.status.textContent = this.dataset.said.replace("#", String(digits.length));
    if (digits.length === this.length) {
      this.dispatchEvent(new CustomEvent("mrc:complete", { bubbles: true }));
    }
  }
}
customElements.define("mrc-pin", Pin);
