import type { LiveStream } from "../output/live-stream.ts";

/** How the source of a recording is, for its report. */
export interface RecordingProgress {
  /** Its state in a few words, such as `open`. */
  readonly state: string;
  readonly recordCount: number;
  readonly openGaps: number;
  readonly filledGaps: number;
}

/** The progress of a stream. */
export class StreamProgress implements RecordingProgress {
  readonly #stream: LiveStream;
  #state = "connecting";
  #openGaps = 0;
  #filledGaps = 0;

  /** `isFilled` if the stream fills its gaps. */
  constructor(stream: LiveStream, isFilled: boolean) {
    this.#stream = stream;
    stream.on("status", ({ state }) => {
      this.#state = state;
    });
    stream.on(isFilled ? "gapOpen" : "gap", () => this.#openGaps++);
    stream.on("gapFilled", () => this.#filledGaps++);
  }

  get state(): string {
    return this.#state;
  }

  get recordCount(): number {
    return this.#stream.metrics.recordCount;
  }

  get openGaps(): number {
    return this.#openGaps;
  }

  get filledGaps(): number {
    return this.#filledGaps;
  }
}
