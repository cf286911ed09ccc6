// The card face lives: a clock with seconds, and two layers that follow the phone's tilt where it can
// be felt. The drift itself is CSS, so it stops with reduced motion; clock and word stay.
const MOST = 14; // px

class Card extends HTMLElement {
  connectedCallback() {
    this.clock = this.querySelector("[data-clock]");
    this.timer = setInterval(() => this.tick(), 250);
    this.tick();
    this.onTilt = (event) => this.tilt(event);
    addEventListener("deviceorientation", this.onTilt);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    removeEventListener("deviceorientation", this.onTilt);
  }

  tick() {
    const now = new Date().toLocaleTimeString("en-GB", { timeZone: "Asia/Seoul", hour12: false });
    if (this.clock.textContent !== now) this.clock.textContent = now;
  }

  tilt({ beta, gamma }) {
    const still = document.documentElement.dataset.motion === "less"
      || matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still || beta === null || gamma === null) return;
    const bound = (value) => Math.max(-1, Math.min(1, value / 35)) * MOST;
    this.style.setProperty("--tilt-x", `${bound(gamma)}px`);
    this.style.setProperty("--tilt-y", `${bound(beta - 40)}px`);
  }
}
customElements.define("mrc-card", Card);
