import { ABORT_SIGNAL, check, FUNCTION, type OptionChecks, oneOf } from "../checks/option-checks.ts";

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
   * Calls a listener at every event of a name; returns a function that removes it.
   *
   * @throws TypeError for an unknown event, and for a listener that is not a function.
   */
  on<Name extends keyof Events & string>(name: Name, listener: (event: Events[Name]) => void): () => void {
    check("the name of an event", name, oneOf(this.#names));
    check(`the listener of "${name}"`, listener, FUNCTION);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Whether an event has listeners. */
  hasListeners(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Calls the listeners in the order in which they were added. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
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
