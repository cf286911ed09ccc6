// Reads QR codes from the camera or from a picture: BarcodeDetector where the browser has it, else
// zxing in WebAssembly, fetched from our own origin only when needed. Typing the code always works.
const LOOK_EVERY = 120; // ms between two looks: enough for a steady hand, kind to the battery

async function nativeReader() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (image) => (await detector.detect(image))[0]?.rawValue ?? null;
}

async function wasmReader(address) {
  const zxing = await import("../vendor/zxing/reader/index.js");
  zxing.prepareZXingModule({ overrides: { locateFile: () => address } });
  return async (image) => {
    const found = await zxing.readBarcodes(image, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
    return found.find((each) => each.isValid)?.text ?? null;
  };
}

let reader = null;
const getReader = (address) => (reader ??= (async () => (await nativeReader()) ?? wasmReader(address))());

class Scanner extends HTMLElement {
  connectedCallback() {
    this.video = this.querySelector("video");
    this.status = this.querySelector("[data-status]");
    this.startButton = this.querySelector("[data-start]");
    this.startButton.addEventListener("click", () => {
      this.done = this.pictureTold = false;
      this.start();
    });
    this.querySelector("[data-picture]").addEventListener("change", (event) => this.readPicture(event.target));
    this.startIfAllowed();
  }

  disconnectedCallback() {
    this.stop();
  }

  async startIfAllowed() {
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      if (permission.state === "granted") this.start();
    } catch { /* the browser cannot tell: the button asks */ }
  }

  async start() {
    this.problem(null);
    if (!navigator.mediaDevices?.getUserMedia) return this.problem("missing");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 1280 } },
      });
    } catch (refused) {
      return this.problem(refused.name === "NotAllowedError" ? "denied" : "missing");
    }
    if (!this.isConnected || this.done) return this.stop();
    this.startButton.hidden = true;
    const [track] = this.stream.getTracks();
    track.addEventListener("ended", () => this.lost()); // not for a track that we stop ourselves
    this.video.srcObject = this.stream;
    try {
      await this.video.play();
    } catch { return this.lost(); }
    if (!this.stream?.active) return undefined;
    if (!this.pictureTold) this.status.textContent = this.dataset.looking;
    return this.look();
  }

  async look() {
    const read = await getReader(this.dataset.wasm);
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    while (this.stream?.active && this.isConnected) {
      const { videoWidth: width, videoHeight: height } = this.video;
      if (width > 0) {
        canvas.width = width;
        canvas.height = height;
        pen.drawImage(this.video, 0, 0, width, height);
        const text = await read(pen.getImageData(0, 0, width, height));
        if (text) return this.found(text);
      }
      await new Promise((next) => setTimeout(next, LOOK_EVERY));
    }
    return undefined;
  }

  async readPicture(input) {
    const [file] = input.files;
    if (!file) return undefined;
    const text = await this.textIn(file);
    input.value = "";
    if (text) return this.found(text);
    this.pictureTold = true; // a camera that opens later must not write over it
    this.status.textContent = this.dataset.none;
    return undefined;
  }

  async textIn(file) {
    const read = await getReader(this.dataset.wasm);
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch { return null; /* not a picture: it has no code */ }
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height;
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    return read(pen.getImageData(0, 0, picture.width, picture.height));
  }

  found(text) {
    this.done = true; // a camera that opens later is closed at once
    this.stop();
    this.status.textContent = this.dataset.found;
    if (globalThis.mrcPreferences.get("vibration") !== "off") navigator.vibrate?.(60);
    const event = new CustomEvent("mrc:scanned", { bubbles: true, cancelable: true, detail: { text } });
    if (!this.dispatchEvent(event)) return;
    const form = document.getElementById(this.dataset.form);
    form.elements.namedItem("code").value = text;
    form.requestSubmit();
  }

  lost() { // another app took the camera, or it was switched off
    if (!this.stream) return undefined;
    this.stop();
    if (!this.isConnected || this.done) return undefined;
    if (!this.pictureTold) this.status.textContent = "";
    return this.problem("lost");
  }

  problem(kind) {
    for (const part of this.querySelectorAll("[data-problem]")) part.hidden = part.dataset.problem !== kind;
    if (kind) this.startButton.hidden = false;
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }
}
customElements.define("mrc-scanner", Scanner);
