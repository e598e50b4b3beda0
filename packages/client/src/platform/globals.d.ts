/**
 * The globals that Node, Bun, Deno, browsers and workers have in common, as far as the client uses
 * them. Everything except the transports compiles against this file: the types of Node or of the DOM
 * would accept globals that another platform lacks. Add a global only if all platforms have it.
 *
 * TypeScript 7.0's incremental build does not notice a change here (microsoft/typescript-go#4664):
 * delete `dist` afterwards.
 */

interface ErrorConstructor {
  /** Maximum number of frames in a stack trace; undefined in engines without this limit. */
  stackTraceLimit: number | undefined;
}

declare const console: {
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
};

declare const performance: { now(): number };

declare function queueMicrotask(callback: () => void): void;

/** The timer is a number in browsers and an object in Node. */
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };
  } | null;
}

declare function fetch(
  url: string,
  init: {
    readonly headers: Record<string, string>;
    readonly signal: AbortSignal;
    readonly redirect: "manual";
  },
): Promise<FetchedResponse>;

declare class URL {
  static canParse(address: string): boolean;
  constructor(address: string);
  protocol: string;
  hash: string;
  readonly host: string;
  readonly href: string;
  readonly pathname: string;
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { readonly read: number; readonly written: number };
}

declare class TextDecoder {
  constructor(encoding: "utf-8", options: { readonly ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

interface MessagePort {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

declare class MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}
