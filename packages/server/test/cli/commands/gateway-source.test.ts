import { expect, test } from "vitest";
import { gatewaySource, sourceOf } from "../../../src/cli/commands/gateway-source.ts";
import { createGateway } from "../../../src/create-gateway.ts";
import { simulator } from "../../../src/feeds/simulator/simulator.ts";
import { listen } from "../../../src/http/listen.ts";

test("a gateway reports whether the records of a stream's URL are simulated", async () => {
  const gateway = createGateway({ feeds: { iex: simulator({ symbols: ["AAPL"], rate: 1 }) } });
  const listener = await listen(gateway);
  expect(await gatewaySource(`${listener.url}/v2/iex`)).toBe("simulated");
  expect(await gatewaySource(`${listener.url}/v2/sip`)).toBeUndefined();
  await listener.close();
  expect(await gatewaySource(`${listener.url}/v2/iex`)).toBeUndefined();
  expect(await gatewaySource("no URL")).toBeUndefined();
});

test.each([
  [null],
  [7],
  [{}],
  [{ endpoints: 7 }],
  [{ endpoints: [null, 7] }],
  [{ endpoints: [{ path: "/", source: "x" }] }],
])("an answer %j of another server names no source", (answer) => {
  expect(sourceOf(answer, "/")).toBeUndefined();
});
