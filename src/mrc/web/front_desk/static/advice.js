// FD-6: a picture taken now goes to the matcher as it is; its answer is one of the words on the page.
class Advice extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.input.addEventListener("change", () => this.ask());
  }

  async ask() {
    const [picture] = this.input.files;
    if (!picture) return;
    this.tell("waiting");
    this.input.disabled = true;
    try {
      const answer = await fetch(this.dataset.path, {
        method: "POST",
        headers: { "content-type": picture.type || "application/octet-stream" },
        body: picture,
        redirect: "error",
      });
      this.tell(answer.ok ? (await answer.json()).says : "silent");
    } catch {
      this.tell("silent");
    } finally {
      this.input.value = "";
      this.input.disabled = false;
    }
  }

  tell(name) {
    for (const each of this.querySelectorAll("[data-says]")) each.hidden = each.dataset.says !== name;
  }
}
customElements.define("mrc-advice", Advice);
