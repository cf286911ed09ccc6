// A result is also heard and felt: three patterns that differ in melody and in rhythm.
const TONES = {
  valid: [[660, 0, 0.12], [880, 0.14, 0.22]],
  not_valid: [[311, 0, 0.2], [208, 0.26, 0.34]],
  ask: [[494, 0, 0.1], [494, 0.2, 0.1], [494, 0.4, 0.1]],
};
const PULSES = { valid: [70], not_valid: [220, 90, 220], ask: [70, 80, 70, 80, 70] };

function play(notes) {
  const audio = new AudioContext();
  for (const [pitch, start, length] of notes) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + start;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.22, from + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.001, from + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + length);
  }
  setTimeout(() => audio.close(), 1500);
}

class Result extends HTMLElement {
  connectedCallback() {
    const outcome = this.dataset.outcome;
    const wants = globalThis.mrcPreferences;
    if (wants.get("sound") !== "off" && navigator.userActivation?.hasBeenActive) play(TONES[outcome]);
    if (wants.get("vibration") !== "off" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(PULSES[outcome]);
  }
}
customElements.define("mrc-result", Result);
