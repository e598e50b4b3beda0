import { encode } from "@msgpack/msgpack";
import { Codec } from "@tickerplant/client";
import { expect, test } from "vitest";
import { openRelay } from "./support/relay.ts";

const UNKNOWN_KEY = { T: "t", S: "A", i: 1, x: "V", p: 1.5, s: 100, c: ["@"], z: "C", new: "key" };
const UNKNOWN_TYPE = { T: "?", S: "A", value: 1 };

for (const once of [false, true]) {
  const mode = once ? "with once" : "without once";

  test.each([Codec.JSON, Codec.MSGPACK])(
    `${mode}, unknown keys and types of %s reach clients of the codec`,
    async (codec) => {
      const relay = openRelay({ codec, once });
      const [all, one] = [relay.client({ codec }), relay.client({ codec })];
      all.say({ action: "subscribe", trades: ["*"] });
      one.say({ action: "subscribe", trades: ["A"] });
      const session = await relay.serving();
      for (const client of [all, one]) client.take();
      const message = { ...UNKNOWN_KEY, t: "2026-01-05T15:00:00.000000001Z" };
      const frame = codec === Codec.JSON ? Buffer.from(JSON.stringify([message, UNKNOWN_TYPE])) : undefined;
      session.frame(frame ?? encode([{ ...message, t: new Date("2026-01-05T15:00:00Z") }, UNKNOWN_TYPE]));
      await relay.clock.settle();
      expect(all.take()).toMatchObject([{ T: "t", new: "key" }, UNKNOWN_TYPE]);
      expect(one.take()).toMatchObject([{ T: "t", new: "key" }]);
    },
  );
}
