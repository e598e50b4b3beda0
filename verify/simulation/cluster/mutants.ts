import { CLUSTER, INGEST, type Mutant, READING } from "../../shared/mutants.ts";

/** Defects that the simulation of a cluster must find. */
export const CLUSTER_MUTANTS: readonly Mutant[] = [
  {
    name: "the log accepts frames whatever is last",
    file: `${CLUSTER}/testing/model-log.js`,
    from: "if (lastSequence !== this.#lastSequence)",
    to: "if (false)",
  },
  {
    name: "an epoch begins without a frame in the log",
    file: `${CLUSTER}/writing/begin-epoch.js`,
    from: "await log.append(encodeFrame(header, event), lastSequence, header);",
    to: "",
  },
  {
    name: "a lost answer begins an epoch twice",
    file: `${CLUSTER}/writing/begin-epoch.js`,
    from: "last?.epoch === epoch && isFirstOf(last, ingest)",
    to: "false",
  },
  {
    name: "frames that are in the log are sent again",
    file: `${CLUSTER}/writing/feed-writer.js`,
    from: "this.#forget(await this.#ownEnd());",
    to: "await this.#ownEnd();",
  },
  {
    name: "what the log has lost of a leader's frames is not noticed",
    file: `${CLUSTER}/writing/feed-writer.js`,
    from: "if (lastSequence < acknowledged)",
    to: "if (false)",
  },
  {
    name: "the memory of a writer has no limit",
    file: `${CLUSTER}/writing/feed-writer.js`,
    from: "if (this.#made.byteLength <= CLUSTER_LIMITS.maxWaitingBytes)\n            return;",
    to: "return;",
  },
  {
    name: "an epoch begins although the lease is lost",
    file: `${CLUSTER}/writing/begin-epoch.js`,
    from: "if (!isHeld())",
    to: "if (false)",
  },
  {
    name: "a leader goes on when its lease is over",
    file: `${CLUSTER}/lease/lease.js`,
    from: "term.lost(new ClusterError(",
    to: "void (new ClusterError(",
  },
  {
    name: "a leader that stops keeps its lease",
    file: `${CLUSTER}/lease/lease.js`,
    from: "this.#end();\n        const { entries, key } = this.#parts;",
    to: "this.#end();\n        return;\n        const { entries, key } = this.#parts;",
  },
  {
    name: "a follower takes a lease that lasts",
    file: `${CLUSTER}/lease/lease.js`,
    from: "clock.monotonic() - seenAtMs >= owner.leaseMs",
    to: "clock.monotonic() > seenAtMs",
  },
  {
    name: "a reader does not notice a message that was left out",
    file: `${CLUSTER}/reading/feed-reader.js`,
    from: "if (sequence > next && !isRemoved)\n            throw new LeftOut(sequence);",
    to: "",
  },
  {
    name: "a reader does not notice that frames were replaced",
    file: `${CLUSTER}/reading/feed-reader.js`,
    from: "return epoch > held.epoch && epochStart <= held.number;",
    to: "return false;",
  },
  {
    name: "a reader waits for what the log has lost",
    file: `${CLUSTER}/reading/feed-reader.js`,
    from: "void this.#watch(attempt);",
    to: "",
  },
  {
    name: "a tail begins at the newest frame",
    file: `${CLUSTER}/reading/tail-start.js`,
    from: "const newest = Math.max(firstSequence, early);",
    to: "const newest = lastSequence;",
  },
  {
    name: "a tail begins behind an open gap",
    file: `${CLUSTER}/reading/tail-start.js`,
    from: "return before + 1;",
    to: "return newest;",
  },
  {
    name: "the watermark is that of the newest record",
    file: `${INGEST}/term.js`,
    from: "if (isComplete)\n            this.#completeMs",
    to: "this.#completeMs",
  },
  {
    name: "a leader that stops reports what its successor fills",
    file: `${INGEST}/term.js`,
    from: "this.#sink.stop();",
    to: "",
  },
  {
    name: "a lost lease leaves the source connected",
    file: `${INGEST}/term.js`,
    from: "const stop = AbortSignal.any([signal, lost]);",
    to: "const stop = signal;",
  },
  {
    name: "symbols of the leader before are not carried until they are confirmed",
    file: `${INGEST}/term.js`,
    from: "parts.isOnDemand ? inherited : new ",
    to: "true ? {} : new ",
  },
  {
    name: "a new leader does not continue the one before",
    file: `${INGEST}/ingest.js`,
    from: "feed: source(hasPast ? tail : undefined),",
    to: "feed: source(undefined),",
  },
  {
    name: "a new leader does not wait for the last frames of the one before",
    file: `${INGEST}/ingest.js`,
    from: "await follower.reaches(epoch, over);",
    to: "",
  },
  {
    name: "a follower remembers what the log has lost",
    file: `${INGEST}/follower.js`,
    from: "rewound: (number) => rewound(framesLost(number)),",
    to: "rewound: () => { },",
  },
  {
    name: "a new leader remembers a frame in whose place is its own",
    file: `${INGEST}/follower.js`,
    from: "if (epoch < awaited.epoch)\n            this.#parts.rewound(",
    to: "void (",
  },
  {
    name: "a reader that skips frames reports no bars as missing",
    file: `${READING}/cluster-run.js`,
    from: "firstMs - (schema.traits[channel]?.spanMs ?? 0)",
    to: "firstMs",
  },
];
