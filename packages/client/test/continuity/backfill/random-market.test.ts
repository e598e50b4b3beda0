import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/index.ts";
import { seededRandom } from "../../../src/testing/index.ts";
import type { PastOptions } from "../support/past.ts";
import { World } from "../support/world.ts";

describe.each([
  ["with an honest history", {}],
  ["with a history that is late", { lagMs: 2_500 }],
  ["with small pages", { pageSize: 3 }],
  [
    "with a history that fails now and then",
    {
      before: (_: unknown, count: number) => {
        if (count % 3 === 0) throw new StreamError("server_error", "now and then");
      },
    },
  ],
  ["without a wildcard in history", { hasWildcard: false }],
] as const)("a random market %s", (_title, options) => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))("is delivered once and in order, seed %i", async (seed) => {
    const random = seededRandom(seed + 1);
    const world = new World(options as PastOptions);
    const symbols = ["AAPL", "BRK.B", "MSFT", "ZZZZ"];
    const isOfAll = random() < 0.4 && options !== undefined && !("hasWildcard" in options);
    const wanted = isOfAll ? ["*"] : symbols.filter(() => random() < 0.7).concat("AAPL");
    world.opened.stream.subscribeTrades((record) => world.got.push(record), wanted);
    await world.start();
    const expected = new Map<string, number[]>();
    for (let step = 0; step < 150; step++) {
      if (random() < 0.06) world.cut();
      for (let count = Math.floor(random() * 4); count > 0; count--) {
        const symbol = symbols[Math.floor(random() * symbols.length)] ?? "";
        const record = world.trade(symbol);
        if (isOfAll || wanted.includes(symbol))
          expected.set(symbol, [...(expected.get(symbol) ?? []), Number(record.id)]);
      }
      await world.advance(Math.floor(random() * 600) + 1);
    }
    await world.advance(300_000);
    for (const [symbol, ids] of expected) expect(world.ids(symbol), symbol).toEqual(ids);
    expect(world.open).toEqual([]);
    expect(world.filled.length).toBe(world.gaps);
  });
});
