/** One event for a target. All but frames are for sessions. */
export type Step =
  /** A frame comes in. */
  | { readonly type: "frame"; readonly bytes: Uint8Array }
  /** Virtual time passes, in milliseconds. */
  | { readonly type: "wait"; readonly ms: number }
  /** The user subscribes. */
  | { readonly type: "want"; readonly channel: string; readonly symbols: readonly string[] }
  /** The user ends the subscription with this index. */
  | { readonly type: "release"; readonly index: number };

/** The input of one run of a target: steps in order. */
export type Input = readonly Step[];

/** A frame as a step. */
export function frameStep(bytes: Uint8Array): Step {
  return { type: "frame", bytes };
}

/** Formats an input as one word, for {@link parseInput}. */
export function formatInput(input: Input): string {
  return input.map(formatStep).join(",");
}

function formatStep(step: Step): string {
  switch (step.type) {
    case "frame":
      return Buffer.from(step.bytes).toString("hex");
    case "wait":
      return `wait:${step.ms}`;
    case "want":
      return `want:${step.channel}:${step.symbols.join("+")}`;
    case "release":
      return `release:${step.index}`;
  }
}

/** Parses the format of {@link formatInput}. */
export function parseInput(text: string): Input {
  return text.split(",").map((word) => {
    const [type = "", first = "", second = ""] = word.split(":");
    if (type === "wait") return { type, ms: Number(first) };
    if (type === "release") return { type, index: Number(first) };
    if (type !== "want") return frameStep(Buffer.from(word, "hex"));
    return { type, channel: first, symbols: second.split("+") };
  });
}
