import { expect, test } from "vitest";
import { openRelay } from "./support/relay.ts";

test("an upstream feed is ready while upstream is authenticated, and otherwise states why it is not", async () => {
  const relay = openRelay();
  const problem = () => relay.gateway.endpoints[0]?.problem;
  expect(problem()).toBe("upstream has not been connected yet");
  const first = await relay.accept();
  first.welcome();
  await first.expectAuth();
  expect(problem()).toBe("upstream has not been connected yet");
  first.authenticated();
  await relay.clock.settle();
  expect(problem()).toBeUndefined();
  first.close();
  await relay.clock.settle();
  expect(problem()).toMatch(/closed/);
  const second = await relay.accept();
  second.welcome();
  await second.expectAuth();
  second.error(402);
  await relay.clock.settle();
  expect(problem()).toMatch(/402 auth failed/);
  await relay.handshake();
  await relay.clock.settle();
  expect(problem()).toBeUndefined();
});
