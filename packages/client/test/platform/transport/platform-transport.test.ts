import { expect, test } from "vitest";
import * as node from "../../../src/platform/transport/node/node.ts";
import type * as declared from "../../../src/platform/transport/platform-transport.d.ts";
import * as web from "../../../src/platform/transport/web.ts";

test("the transports of all platforms export the same names, with the declared types", () => {
  const modules = [node, web] satisfies (typeof declared)[]; // checked by `npm run check:types`
  for (const module of modules) expect(Object.keys(module)).toEqual(["connector"]);
});
