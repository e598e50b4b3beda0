import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { RecordFormat } from "../../../src/cli/output/record-format.ts";
import { outputFailure, RecordOutput } from "../../../src/cli/output/record-output.ts";

const format: RecordFormat<number> = {
  header: "head\n",
  encode: (records) => records.map((record) => `${record}\n`).join(""),
};

/** A stream that accepts writes only when the test calls `acceptAll`. */
class SlowStream extends Writable {
  text = "";
  readonly #waiting: (() => void)[] = [];

  constructor() {
    super({ highWaterMark: 1_000 });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#waiting.push(() => {
      this.text += chunk.toString();
      done();
    });
  }

  /** Accepts all writes, including those made meanwhile. */
  async acceptAll(): Promise<void> {
    for (;;) {
      const accept = this.#waiting.shift();
      if (accept === undefined) return;
      accept();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("records of one turn of the event loop are written together, after the header", async () => {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  const output = new RecordOutput(stream, format, () => {});
  for (const record of [1, 2, 3]) expect(output.show(record)).toBeUndefined();
  await output.end();
  expect(chunks.filter((chunk) => chunk !== "")).toEqual(["head\n", "1\n2\n3\n"]);
});

test("[D7] a full stream makes callers wait for a promise, and loses nothing", async () => {
  const stream = new SlowStream();
  const output = new RecordOutput(stream, format, () => {});
  let record = 0;
  let room: Promise<void> | undefined;
  while (room === undefined) room = output.show(record++);
  const accepting = stream.acceptAll();
  await room;
  expect(output.show(record++)).toBeUndefined();
  const ended = output.end();
  await accepting;
  await stream.acceptAll();
  await ended;
  expect(stream.text).toBe(`head\n${Array.from({ length: record }, (_, index) => `${index}\n`).join("")}`);
});

test("a stream that fails is reported once, and callers do not wait for it", async () => {
  const errors: unknown[] = [];
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("no space"), { code: "ENOSPC" })),
  });
  const output = new RecordOutput(stream, format, (error) => errors.push(error.code));
  await new Promise((resolve) => setImmediate(resolve));
  expect(output.show(1)).toBeUndefined();
  await output.end();
  expect(errors).toEqual(["ENOSPC"]);
});

test("a closed pipe is not a failure, and a full disk is", () => {
  expect(outputFailure(Object.assign(new Error("broken pipe"), { code: "EPIPE" }))).toBeUndefined();
  expect(outputFailure(Object.assign(new Error("no space"), { code: "ENOSPC" }))).toMatchObject({ exitCode: 1 });
});
