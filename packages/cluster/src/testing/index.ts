// NATS in memory

export { ModelEntries } from "./model-entries.ts";
export { ModelLog } from "./model-log.ts";

// Its failures

export { FaultyEntries } from "./faulty-entries.ts";
export { FaultyLog } from "./faulty-log.ts";
export { Link, type LinkFaults, type Receiver } from "./link.ts";
export { ProcessClock } from "./process-clock.ts";

// For checks of what a log has

export { decodeFrame } from "../frames/frame.ts";
