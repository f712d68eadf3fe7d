import { useI18n } from "../../i18n/index.tsx";

const en = {
  title: "Door",
  choose: "Which event are you at?",
  start: "Use the camera",
  stop: "Stop the camera",
  type: "Type the code",
  typeLabel: "Ticket code",
  check: "Check",
  ok: "Welcome",
  used: "Already used",
  unknown: "Not a valid ticket",
  wrongEvent: "Ticket for another event",
  refunded: "Ticket was refunded",
  okOffline: "Welcome (offline)",
  usedAt: (at: string) => `Scanned ${at}`,
  online: "Online",
  offline: "Offline: codes are verified on this device",
  pending: (n: number) => (n === 1 ? "1 scan to sync" : `${n} scans to sync`),
  synced: "Everything is synced",
  doubles: (n: number) => (n === 1 ? "1 ticket was used twice" : `${n} tickets were used twice`),
  cameraDenied: "The camera is not allowed. Allow it in the browser's settings, or type the code.",
  cameraNone: "No camera found. Type the code instead.",
  cameraHint: "Hold the QR code into the frame.",
  noManifest: "Open this page once online to be able to work offline.",
  count: (n: number) => `${n} let in from here`,
  history: "Last scans",
  verifyUnavailable: "This browser cannot verify codes offline.",
  manifest: "This device can work offline.",
  device: (name: string) => `This device: ${name}`,
  ready: "Ready for the next ticket",
  failed: "The code could not be checked. Please try again.",
};

export type DoorMessages = typeof en;

const ko: DoorMessages = {
  title: "입장 확인",
  choose: "어느 공연인가요?",
  start: "카메라로 스캔",
  stop: "카메라 끄기",
  type: "코드 입력",
  typeLabel: "티켓 코드",
  check: "확인",
  ok: "입장",
  used: "이미 사용됨",
  unknown: "유효하지 않은 티켓",
  wrongEvent: "다른 공연의 티켓",
  refunded: "환불된 티켓",
  okOffline: "입장 (오프라인)",
  usedAt: (at) => `${at}에 스캔됨`,
  online: "온라인",
  offline: "오프라인: 이 기기에서 코드를 검증합니다",
  pending: (n) => `동기화할 스캔 ${n}건`,
  synced: "모두 동기화되었습니다",
  doubles: (n) => `두 번 사용된 티켓 ${n}장`,
  cameraDenied: "카메라 권한이 없습니다. 브라우저 설정에서 허용하거나 코드를 입력하세요.",
  cameraNone: "카메라를 찾을 수 없습니다. 코드를 입력하세요.",
  cameraHint: "QR 코드를 화면 안에 맞춰 주세요.",
  noManifest: "오프라인에서 쓰려면 온라인일 때 이 화면을 한 번 열어 두세요.",
  count: (n) => `이 기기에서 ${n}명 입장`,
  history: "최근 스캔",
  verifyUnavailable: "이 브라우저는 오프라인 검증을 지원하지 않습니다.",
  manifest: "오프라인에서도 쓸 수 있습니다.",
  device: (name) => `이 기기: ${name}`,
  ready: "다음 티켓을 확인할 준비가 되었습니다",
  failed: "코드를 확인하지 못했습니다. 다시 시도해 주세요.",
};

/** What only door staff read stays out of the dictionaries that every fan loads. */
export function useDoorMessages(): DoorMessages {
  return useI18n().locale === "ko" ? ko : en;
}
