// Signing in and enrolling: fetch the options, ask the authenticator, post its answer.
const post = (path, body) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, redirect: "error" });

class Passkey extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.run());
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) this.tell("unsupported");
  }

  async run() {
    if (this.ariaBusy === "true") return;
    this.ariaBusy = "true";
    this.tell("waiting");
    try {
      const asked = await post(`${this.dataset.path}/options`);
      if (!asked.ok) return this.refuse(await asked.json());
      const answered = await this.ask(await asked.json());
      const judged = await post(this.dataset.path, JSON.stringify(answered.toJSON()));
      const told = await judged.json();
      if (!judged.ok) return this.refuse(told);
      location.assign(told.next);
    } catch (error) {
      this.tell(error instanceof DOMException ? "stopped" : "offline");
    } finally {
      this.ariaBusy = null;
    }
  }

  ask(options) {
    return this.dataset.kind === "enrol"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }

  tell(name) {
    for (const each of this.querySelectorAll("[data-says]")) each.hidden = each.dataset.says !== name;
  }

  refuse(told) {
    const box = this.querySelector('[data-says="refused"]');
    box.querySelector("[data-title]").textContent = told.title;
    box.querySelector("[data-next]").textContent = told.next;
    this.tell("refused");
    box.focus();
  }
}
customElements.define("mrc-passkey", Passkey);
