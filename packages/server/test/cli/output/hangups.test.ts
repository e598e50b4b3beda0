import { expect, onTestFinished, test } from "vitest";
import { Hangups } from "../../../src/cli/output/exit.ts";

/** Hangups, and what they call. */
function listening() {
  const calls: string[] = [];
  const hangups = new Hangups();
  onTestFinished(() => hangups.ignore());
  const handle = () =>
    hangups.handle(
      () => calls.push("reload"),
      () => calls.push("stop"),
    );
  return { calls, hangups, handle };
}

test("a SIGHUP that comes while a command starts does not end it, and reloads once when it has started", () => {
  const { calls, handle } = listening();
  process.emit("SIGHUP");
  process.emit("SIGHUP");
  expect(calls).toEqual([]);
  handle();
  expect(calls).toEqual(["reload"]);
  process.emit("SIGHUP");
  expect(calls).toEqual(["reload", "reload"]);
});

test("without a SIGHUP a start reloads nothing", () => {
  const { calls, handle } = listening();
  handle();
  expect(calls).toEqual([]);
});
