// Counts down to a fixed moment, warns 20 s before, offers more time, and tells when it is over.
const WARN_AT = 20;

class Countdown extends HTMLElement {
  connectedCallback() {
    const seconds = Number(this.dataset.seconds);
    this.total = Number(this.dataset.total) || seconds;
    this.end = Date.now() + seconds * 1000; // wall clock: a phone that slept has lost that time
    this.timer = setInterval(() => this.tick(), 250);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = Math.max(0, Math.ceil((this.end - Date.now()) / 1000));
    const minutes = Math.floor(left / 60);
    this.querySelector(".countdown-time").textContent = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    const share = Math.min(100, (100 * left) / this.total);
    this.querySelector(".ring-left").setAttribute("stroke-dasharray", `${share} 100`);
    const more = this.querySelector("[data-extend]");
    if (more && left <= Math.max(WARN_AT, this.total / 3)) more.hidden = false;
    if (left <= WARN_AT && !this.classList.contains("countdown-warned")) {
      this.classList.add("countdown-warned");
      if (left > 0) this.alert(this.dataset.warning.replace("20", String(left)));
    }
    if (left === 0) this.finish();
  }

  finish() {
    clearInterval(this.timer);
    this.classList.add("countdown-ended");
    this.querySelector(".countdown-words span").textContent = this.dataset.ended;
    this.querySelector(".countdown-time").textContent = "";
    this.alert(this.dataset.ended);
    this.dispatchEvent(new CustomEvent("mrc:ended", { bubbles: true }));
  }

  alert(words) {
    this.querySelector("[data-alert]").textContent = words;
  }
}
customElements.define("mrc-countdown", Countdown);
