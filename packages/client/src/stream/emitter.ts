import { ABORT_SIGNAL, check, checkOptions, FUNCTION, type OptionChecks, oneOf } from "../checks/option-checks.ts";
import { EventIterator } from "./event-iterator.ts";

/** Options of `on` and `events`. */
export interface ListenerOptions {
  /** Removes the listener, or ends the iterator, when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** What options must be that are a signal alone. */
export const SIGNAL_OPTIONS: OptionChecks<{ readonly signal?: AbortSignal | undefined }> = { signal: ABORT_SIGNAL };

/** Listeners by event. A listener that throws or rejects affects neither the others nor the stream. */
export class Emitter<Events> {
  readonly #names: readonly string[];
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  constructor(names: readonly (keyof Events & string)[]) {
    this.#names = names;
  }

  /**
   * Calls a listener at every event of a name; returns a function that removes it, as the signal does.
   *
   * @throws TypeError for an unknown event, for a listener that is not a function, and for wrong options.
   */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (event: Events[Name]) => void,
    options: ListenerOptions = {},
  ): () => void {
    this.#checkName(name);
    check(`the listener of "${name}"`, listener, FUNCTION);
    checkOptions("on", options, SIGNAL_OPTIONS);
    const { signal } = options;
    if (signal?.aborted) return () => {};
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    const remove = (): void => {
      listeners.delete(listener);
      signal?.removeEventListener("abort", remove);
    };
    signal?.addEventListener("abort", remove, { once: true });
    return remove;
  }

  /**
   * Returns the events of a name, from now on, as an async iterable.
   *
   * @throws TypeError for an unknown event and wrong options; the signal's reason if it is aborted already.
   */
  events<Name extends keyof Events & string>(name: Name, options: ListenerOptions = {}): EventIterator<Events[Name]> {
    this.#checkName(name);
    checkOptions("events", options, SIGNAL_OPTIONS);
    return new EventIterator((listener) => this.on(name, listener), options.signal);
  }

  #checkName(name: unknown): void {
    check("the name of an event", name, oneOf(this.#names));
  }

  /** Whether an event has listeners. */
  hasListeners(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Calls the listeners in the order in which they were added, except those that one of them removes. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    for (const listener of [...(listeners ?? [])]) {
      if (!listeners?.has(listener)) continue;
      try {
        // `on` stores listeners under the name of their event; one may be an async function.
        Promise.resolve(listener(event as never)).catch(listenerFailed);
      } catch (error) {
        listenerFailed(error);
      }
    }
  }
}

function listenerFailed(error: unknown): void {
  console.error("a listener of the stream failed:", error);
}
