import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Clock, systemClock, type Timer } from "@tickerplant/client";
import { decodeText } from "../../feeds/replay/read-text.ts";
import { reasonOf } from "./file-errors.ts";

/** Between two reads of the file. Networks, containers and linked folders report no changes, or not all of them. */
const POLL_MS = 2_000;

/** From a report of a change to the read: an editor makes several changes in a row. */
const SETTLE_MS = 50;

/** From a read that found no usable file to the next: while an editor replaces the file, it is absent or half written. */
const RETRY_MS = 500;

/** What a {@link FileWatch} reports. */
export interface FileWatchEvents {
  /**
   * The file has another text.
   *
   * @throws Error for a text that cannot be used; it is read once more, and then reported by `failed`.
   */
  changed(text: string): void;
  /** The file cannot be read, or its text cannot be used. Called once until that changes. */
  failed(error: Error): void;
}

/**
 * Watches a text file: reads it when the folder reports a change, and every two seconds besides. Files that are
 * replaced by a rename, and files that vanish for a moment, are read when they are whole again.
 */
export class FileWatch {
  readonly #file: string;
  readonly #events: FileWatchEvents;
  readonly #clock: Clock;
  readonly #watcher: FSWatcher | undefined;
  /** What was handled last: a text, or the reason why there was none. */
  #handled: string;
  /** What could not be used at the last read, and may be whole at the next. */
  #suspect: string | undefined;
  #timer: Timer;
  /** The read that is under way or was the last. */
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** `text` is what is known of the file. */
  constructor(file: string, text: string, events: FileWatchEvents, clock: Clock = systemClock) {
    this.#file = file;
    this.#handled = text;
    this.#events = events;
    this.#clock = clock;
    this.#watcher = this.#watchFolder();
    this.#readIn(POLL_MS);
  }

  /** Reads the file now. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    this.#clock.clearTimer(this.#timer);
    this.#watcher?.close();
  }

  #watchFolder(): FSWatcher | undefined {
    try {
      // The folder and not the file: a watch of the file would follow the old one after a rename.
      const watcher = watch(dirname(this.#file), { persistent: false }, (_type, name) => {
        if (name === null || name === basename(this.#file)) this.#readIn(SETTLE_MS);
      });
      watcher.on("error", () => watcher.close()); // reading every two seconds is enough
      return watcher;
    } catch {
      return undefined; // the system has no watches, or none left
    }
  }

  #readIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(() => void this.read(), delayMs);
  }

  async #read(): Promise<void> {
    let text: string | undefined;
    let failure: Error | undefined;
    try {
      text = decodeText(await readFile(this.#file));
    } catch (error) {
      failure = new Error(`cannot read ${this.#file}: ${reasonOf(error)}`, { cause: error });
    }
    if (this.#isClosed) return;
    this.#handle(text ?? failure?.message ?? "", failure);
    this.#readIn(this.#suspect === undefined ? POLL_MS : RETRY_MS);
  }

  #handle(found: string, failure: Error | undefined): void {
    const isSuspect = this.#suspect === found;
    this.#suspect = undefined;
    if (found === this.#handled) return;
    try {
      if (failure !== undefined) throw failure;
      this.#events.changed(found);
    } catch (error) {
      if (!isSuspect) {
        this.#suspect = found;
        return;
      }
      this.#events.failed(error as Error); // ours, or what `changed` is said to throw
    }
    this.#handled = found;
  }
}
