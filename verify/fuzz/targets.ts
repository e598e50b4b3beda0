import { Codec } from "@tickerplant/client/wire";
import { ASSET_CLASSES } from "./asset-class.ts";
import { ClientFrameTarget } from "./client-frame-target.ts";
import { ClientSessionTarget } from "./client-session-target.ts";
import { ConfigTarget, KeysFileTarget } from "./config-target.ts";
import { makeCorpus } from "./corpus.ts";
import { FastPathTarget } from "./fast-path-target.ts";
import { GatewaySessionTarget } from "./gateway-session-target.ts";
import { ServerFrameTarget } from "./server-frame-target.ts";
import type { Target } from "./target.ts";

/** Makes every target. */
export function makeTargets(): Target[] {
  const ofCodecs = ASSET_CLASSES.flatMap((assetClass) => {
    const corpus = makeCorpus(assetClass);
    return [
      new ServerFrameTarget(assetClass, corpus),
      new ClientFrameTarget(assetClass, corpus),
      new ClientSessionTarget(assetClass, corpus),
      new GatewaySessionTarget(assetClass, corpus),
      ...Object.values(Codec).flatMap((codec) => [
        new FastPathTarget(assetClass, codec, false),
        new FastPathTarget(assetClass, codec, true),
      ]),
    ];
  });
  return [...ofCodecs, new ConfigTarget("json"), new ConfigTarget("toml"), new KeysFileTarget()];
}
