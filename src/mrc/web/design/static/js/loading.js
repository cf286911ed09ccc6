// After 5 s a loading part says that it is slow, after 15 s it offers to stop waiting.
class Loading extends HTMLElement {
  connectedCallback() {
    this.timers = [...this.querySelectorAll("[data-after]")].map((part) =>
      setTimeout(() => { part.hidden = false; }, Number(part.dataset.after) * 1000));
  }

  disconnectedCallback() {
    this.timers.forEach(clearTimeout);
  }
}
customElements.define("mrc-loading", Loading);
