import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import type { SimulatedNetwork } from "./network.ts";

/** Injects faults into a network and its gateway. */
export function disturb(
  network: SimulatedNetwork,
  faults: FaultInjector,
  random: Random,
  invariants: Invariants,
  isCutAnyway: () => boolean,
): void {
  const open = [...network.connections].filter((connection) => connection.isOpen);
  if (open.length === 0) return;
  const connection = random.pick(open);
  const isCutOften = isCutAnyway() && !faults.isHealed;
  if (isCutOften) faults.count("connection cut");
  if (isCutOften || faults.occurs("connection cut")) {
    invariants.note(`cuts a connection of the ${network.name}`);
    connection.cut();
  }
  if (faults.occurs("half open", 0.5)) {
    invariants.note(`leaves a connection of the ${network.name} half open`);
    connection.silence();
  }
  if (faults.occurs("cut within a frame", 0.5)) faults.cutsNextRecord = true;
  if (faults.occurs("closed by the gateway", 0.5)) connection.closeByGateway();
  if (faults.occurs("unsolicited error")) {
    const number = faults.unsolicitedError();
    invariants.note(`sends error ${number} through the ${network.name}, which answers no request`);
    // A client reads both codecs, whichever it writes.
    const codec = random.pick(Object.values(Codec));
    connection.inject(new FrameEncoder(codec, STOCK_SCHEMA).serverFrame({ type: "error", number, message: "" }));
  }
  if (faults.isMute) faults.isMute = random.chance(0.7);
  else if (faults.occurs("mute", 0.3)) faults.isMute = true;
}
