/** A WebSocket that is open and silent unless the test speaks. */
export class QuietSocket {
  static last: QuietSocket;

  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;

  constructor() {
    QuietSocket.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  send(): void {}

  close(): void {}

  say(type: string, data: object): void {
    this.onmessage?.({ data: JSON.stringify({ type, data }) });
  }
}
