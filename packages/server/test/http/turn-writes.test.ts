import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TurnWrites } from "../../src/http/turn-writes.ts";

/** A socket that notes the chunks of each write. */
function socket(writes: string[][]): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      writes.push([chunk]);
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => chunk));
      done();
    },
  });
}

test("what is sent to each socket within one turn leaves with one write, at the end of the turn", async () => {
  const turnWrites = new TurnWrites();
  const [writes, others]: [string[][], string[][]] = [[], []];
  const [one, other] = [socket(writes), socket(others)];
  for (const chunk of ["a", "b"]) {
    turnWrites.hold(one);
    one.write(chunk);
  }
  turnWrites.hold(other);
  other.write("c");
  expect([writes, others]).toEqual([[], []]);
  await nextTurn();
  expect([writes, others]).toEqual([[["a", "b"]], [["c"]]]);
  turnWrites.hold(one);
  one.write("d");
  await nextTurn();
  expect(writes).toEqual([["a", "b"], ["d"]]);
});

test("a socket that was released before the end of its turn can be held again", async () => {
  const turnWrites = new TurnWrites();
  const writes: string[][] = [];
  const one = socket(writes);
  turnWrites.hold(one);
  one.write("a");
  one.uncork();
  expect(writes).toEqual([["a"]]);
  turnWrites.hold(one);
  one.write("b");
  await nextTurn();
  expect(writes).toEqual([["a"], ["b"]]);
});
