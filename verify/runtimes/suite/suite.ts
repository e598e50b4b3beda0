import type { Case } from "./case.ts";
import { connecting } from "./connecting.ts";
import { delivering } from "./delivering.ts";
import { reconnecting } from "./reconnecting.ts";
import { records } from "./records.ts";
import { stopping } from "./stopping.ts";
import { subscribing } from "./subscribing.ts";
import { testingKit } from "./testing-kit.ts";

/**
 * What has to be true on every runtime, over a real websocket to a real gateway. Nothing here, or
 * imported from here, may be of one runtime.
 */
export const SUITE: readonly Case[] = [
  ...connecting,
  ...records,
  ...subscribing,
  ...delivering,
  ...reconnecting,
  ...stopping,
  ...testingKit,
];
