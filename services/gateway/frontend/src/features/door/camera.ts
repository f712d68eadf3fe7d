/** The part of the browser's own detector that is used, where it has one. */
interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

type DetectorClass = new (options: { formats: string[] }) => Detector;

const EVERY_MS = 150;
const SIDE = 640;

/** Looks for QR codes in the camera's picture until stopped; `found` gets each one seen. */
export async function scan(video: HTMLVideoElement, found: (code: string) => void) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 } },
  });
  video.srcObject = stream;
  await video.play();
  const read = await reader();
  let looking = false;
  const timer = setInterval(() => {
    if (looking || video.videoWidth === 0) return;
    looking = true;
    read(video)
      .then((code) => code && found(code))
      .finally(() => {
        looking = false;
      });
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}

/** Loads what reading codes needs, so that the camera can be used without a network later. */
export async function prepare(): Promise<void> {
  await reader();
}

type Reader = (video: HTMLVideoElement) => Promise<string | null>;

async function reader(): Promise<Reader> {
  const Native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (Native) {
    const detector = new Native({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  return decoder();
}

/** For browsers without a detector: the picture's middle square, decoded in script. */
async function decoder(): Promise<Reader> {
  const { default: decodeQR } = await import("qr/decode.js");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    if (!context) return null;
    const side = Math.min(video.videoWidth, video.videoHeight);
    const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    context.drawImage(video, x, y, side, side, 0, 0, SIDE, SIDE);
    try {
      return decodeQR(context.getImageData(0, 0, SIDE, SIDE));
    } catch {
      return null; // No code in the picture, which is most of the time.
    }
  };
}
