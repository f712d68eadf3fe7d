/** Ways to tell someone who is not looking: a sound, and a notification where it is allowed. */

let audio: AudioContext | null = null;

/** To be called from a press: browsers allow sound and the question for permission only then. */
export async function allowAnnouncements(): Promise<{ notification: boolean }> {
  audio ??= new AudioContext();
  await audio.resume();
  if (!("Notification" in globalThis)) return { notification: false };
  return { notification: (await Notification.requestPermission()) === "granted" };
}

export function announce(title: string, text: string): void {
  chime();
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  if (document.visibilityState === "visible") return;
  try {
    const notification = new Notification(title, { body: text, icon: "/favicon.svg" });
    notification.onclick = () => globalThis.focus();
  } catch {
    // Some phones allow notifications from a service worker only: the sound and the title remain.
  }
}

/** Three rising tones. */
function chime(): void {
  if (!audio) return;
  for (const [i, frequency] of [523.25, 659.25, 783.99].entries()) {
    const at = audio.currentTime + i * 0.22;
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  }
}
