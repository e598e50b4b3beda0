import type { Case } from "./case.ts";
import { connecting } from "./connecting.ts";
import { delivering } from "./delivering.ts";
import { history } from "./history.ts";
import { reconnecting } from "./reconnecting.ts";
import { records } from "./records.ts";
import { stopping } from "./stopping.ts";
import { subscribing } from "./subscribing.ts";
import { testingKit } from "./testing-kit.ts";

/**
 * The behaviours of every platform, over a real websocket to a real gateway. The suite and its imports
 * must not depend on one platform.
 */
export const SUITE: readonly Case[] = [
  ...connecting,
  ...records,
  ...subscribing,
  ...delivering,
  ...reconnecting,
  ...history,
  ...stopping,
  ...testingKit,
];
