import type { FrameEncoder, MarketRecord } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import { type Corpus, RIGHT_SECRET } from "./corpus.ts";
import { frameStep, type Input, type Step } from "./input.ts";
import { makeClientMessage, makeServerMessage, makeSymbols } from "./messages.ts";
import { mutate } from "./mutate.ts";

/** The most steps of a dialogue after its handshake. */
const MAX_STEPS = 14;

/** Returns a mutated frame; rarely an unchanged one. */
export function makeFrame(frames: readonly Uint8Array[], random: Random): Uint8Array {
  const frame = random.pick(frames);
  return random.chance(0.02) ? frame : mutate(frame, random.pick(frames), random);
}

/** Returns messages of a server to a client, and calls of the user in between. */
export function makeServerDialogue(assetClass: AssetClass, { server }: Corpus, random: Random): Input {
  const { schema, symbols } = assetClass;
  const encoder = random.pick(Object.values(assetClass.encoders));
  const send = (message: Parameters<FrameEncoder["serverFrame"]>[0]): Step => frameStep(encoder.serverFrame(message));
  const record = (): MarketRecord => assetClass.makeRecord(random, symbols);
  const steps: Step[] = [want(assetClass, random)];
  if (random.chance(0.9)) steps.push(send({ type: "success", message: "connected" }));
  if (random.chance(0.9)) steps.push(send({ type: "success", message: "authenticated" }));
  for (let left = random.below(MAX_STEPS); left > 0; left--) {
    const kind = random.next();
    if (kind < 0.25)
      steps.push(send({ type: "subscription", symbols: makeSymbols(random, schema.subscribable, symbols) }));
    else if (kind < 0.35) steps.push(send(makeServerMessage(random, assetClass)));
    else if (kind < 0.4) steps.push(frameStep(encoder.frame([record(), record()])));
    else if (kind < 0.6) steps.push(frameStep(makeFrame(server, random)));
    else if (kind < 0.75) steps.push(want(assetClass, random));
    else if (kind < 0.85) steps.push({ type: "release", index: random.below(4) });
    else steps.push({ type: "wait", ms: random.pick([1, 1000, 5000, 20_000]) });
  }
  return steps;
}

/** Returns messages of a client to a gateway. */
export function makeClientDialogue(assetClass: AssetClass, { client }: Corpus, random: Random): Input {
  const encoder = random.pick(Object.values(assetClass.encoders));
  const steps: Step[] = [];
  if (random.chance(0.85))
    steps.push(frameStep(encoder.clientFrame({ action: "auth", key: "key", secret: RIGHT_SECRET })));
  for (let left = random.below(MAX_STEPS); left > 0; left--) {
    const kind = random.next();
    if (kind < 0.5) steps.push(frameStep(encoder.clientFrame(makeClientMessage(random, assetClass, RIGHT_SECRET))));
    else if (kind < 0.95) steps.push(frameStep(makeFrame(client, random)));
    else steps.push({ type: "wait", ms: random.pick([1, 9_999, 10_000]) });
  }
  return steps;
}

function want({ schema, symbols }: AssetClass, random: Random): Step {
  return { type: "want", channel: random.pick(schema.subscribable.slice(0, 3)), symbols: random.subset(symbols) };
}
