import type { LiveStream } from "../output/live-stream.ts";

/** Ends a stream early, and keeps the first problem that was a reason to. */
export class StreamEnd {
  /** The first problem; undefined while the stream runs and when it ended as intended. */
  problem: Error | undefined;
  readonly #stream: LiveStream;

  constructor(stream: LiveStream) {
    this.#stream = stream;
  }

  /** Closes the stream; `problem` is undefined when this is its intended end. */
  readonly end = (problem?: Error): void => {
    this.problem ??= problem;
    void this.#stream.close();
  };
}
