import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { RecordFormat } from "../../../src/cli/output/record-format.ts";
import { outputFailure, RecordOutput } from "../../../src/cli/output/record-output.ts";

const format: RecordFormat<number> = {
  header: "head\n",
  encode: (records) => records.map((record) => `${record}\n`).join(""),
};

/** A stream whose reader takes what was written only when the test says so. */
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

  /** Takes everything, and what is written meanwhile. */
  async takeAll(): Promise<void> {
    for (;;) {
      const take = this.#waiting.shift();
      if (take === undefined) return;
      take();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("records of one turn leave in one write, after the header", async () => {
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

test("[D7] a full stream is told by a promise that settles when there is room, and nothing is lost", async () => {
  const stream = new SlowStream();
  const output = new RecordOutput(stream, format, () => {});
  let record = 0;
  let room: Promise<void> | undefined;
  while (room === undefined) room = output.show(record++);
  const taking = stream.takeAll();
  await room;
  expect(output.show(record++)).toBeUndefined();
  const ended = output.end();
  await taking;
  await stream.takeAll();
  await ended;
  expect(stream.text).toBe(`head\n${Array.from({ length: record }, (_, index) => `${index}\n`).join("")}`);
});

test("a stream that fails holds nobody up and is told once", async () => {
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

test("a reader that has gone is no failure, a full disk is", () => {
  expect(outputFailure(Object.assign(new Error("broken pipe"), { code: "EPIPE" }))).toBeUndefined();
  expect(outputFailure(Object.assign(new Error("no space"), { code: "ENOSPC" }))).toMatchObject({ exitCode: 1 });
});
