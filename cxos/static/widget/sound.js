// Two soft notes for a message nobody was looking at. Browsers allow it only after the visitor has touched the page.
let audio;

export function chime() {
  try {
    audio ??= new AudioContext();
    if (audio.state !== "running") return;
    [660, 880].forEach((pitch, index) => {
      const start = audio.currentTime + index * 0.11;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.08, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.28);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    });
  } catch { /* no sound here */ }
}
addEventListener("pointerdown", () => { try { audio ??= new AudioContext(); audio.resume(); } catch { /* no sound here */ } }, { once: true });
