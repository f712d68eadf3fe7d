/** A WebSocket whose other side is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1) as FakeSocket;
  }

  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  closed = false;
  private opened = false;
  readonly sent: { type: string; data: Record<string, unknown> }[] = [];
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    if (!this.opened) throw new DOMException("still connecting", "InvalidStateError");
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  // The other side

  accept(): void {
    this.opened = true;
    this.onopen?.();
  }

  say(type: string, data?: object): void {
    this.onmessage?.({ data: JSON.stringify({ type, data }) });
  }

  break(code = 1006): void {
    this.onclose?.({ code });
  }

  said(type: string): Record<string, unknown> | undefined {
    return this.sent.find((message) => message.type === type)?.data;
  }
}

/** A stream of events whose other side is the test. */
export class FakeStream {
  static all: FakeStream[] = [];
  static get last(): FakeStream {
    return FakeStream.all.at(-1) as FakeStream;
  }

  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly url: string;
  private readonly listeners = new Map<string, (message: { data: string }) => void>();

  constructor(url: string) {
    this.url = url;
    FakeStream.all.push(this);
  }

  addEventListener(type: string, listener: (message: { data: string }) => void): void {
    this.listeners.set(type, listener);
  }

  close(): void {
    this.closed = true;
  }

  say(type: string, data: object): void {
    this.listeners.get(type)?.({ data: JSON.stringify({ type, data }) });
  }
}
