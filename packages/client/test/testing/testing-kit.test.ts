import { describe, expect, test, vi } from "vitest";
import { Codec, type StreamError } from "../../src/index.ts";
import type { Transport } from "../../src/platform/transport/transport.ts";
import {
  httpRejection,
  MemoryNetwork,
  type MemorySocket,
  ScriptedGateway,
  seededRandom,
  VirtualClock,
} from "../../src/testing/index.ts";
import { open } from "../support/stream.ts";

describe("VirtualClock", () => {
  test("a virtual clock fires timers in the order of their times, and of their creation where those are equal", async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(() => fired.push("late"), 20);
    clock.setTimer(() => fired.push("first"), 10);
    clock.setTimer(() => fired.push("second"), 10);
    await clock.advance(9);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual(["first", "second"]);
    await clock.advance(10);
    expect(fired).toEqual(["first", "second", "late"]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a virtual clock fires timers that other timers set, at their own times", async () => {
    const clock = new VirtualClock({ startMs: 1000 });
    const times: number[] = [];
    const tick = (): void => {
      times.push(clock.now());
      clock.setTimer(tick, 10);
    };
    tick();
    await clock.advance(35);
    expect(times).toEqual([1000, 1010, 1020, 1030]);
    expect(clock.monotonic()).toBe(35);
    expect(clock.pendingTimers).toBe(1);
  });

  test("a virtual clock runs promise chains of any length to their end before the next timer", async () => {
    const clock = new VirtualClock();
    let hops = 0;
    clock.setTimer(async () => {
      for (; hops < 10_000; hops++) await null;
    }, 1);
    const seen = new Promise<number>((resolve) => clock.setTimer(() => resolve(hops), 2));
    await clock.advance(2);
    expect(await seen).toBe(10_000);
  });

  test("a virtual clock does not fire timers that were cleared", async () => {
    const clock = new VirtualClock();
    const callback = vi.fn();
    clock.clearTimer(clock.setTimer(callback, 1));
    clock.clearTimer(undefined);
    await clock.advance(10);
    expect(callback).not.toHaveBeenCalled();
  });

  test("a jump of a virtual clock changes the wall clock, and not the monotonic clock", async () => {
    const clock = new VirtualClock({ startMs: 5000 });
    clock.jump(-4000);
    expect(clock.now()).toBe(1000);
    await clock.advance(10);
    expect(clock.now()).toBe(1010);
    expect(clock.monotonic()).toBe(10);
  });

  test("a sleep of a virtual clock moves both clocks on, and timers wait as long as before", async () => {
    const clock = new VirtualClock({ startMs: 5000 });
    const firedMs: number[] = [];
    clock.setTimer(() => firedMs.push(clock.monotonic()), 100);
    await clock.advance(40);
    clock.sleep(3000);
    expect(clock.now()).toBe(8040);
    expect(clock.monotonic()).toBe(3040);
    await clock.advance(59);
    expect(firedMs).toEqual([]);
    await clock.advance(1);
    expect(firedMs).toEqual([3100]);
  });

  test("a virtual clock returns the same random numbers in every run", () => {
    const draw = (): number[] => Array.from({ length: 100 }, new VirtualClock().random);
    expect(draw()).toEqual(draw());
    expect(draw().every((number) => number >= 0 && number < 1)).toBe(true);
    expect(seededRandom(1)()).not.toBe(seededRandom(2)());
    expect(new VirtualClock({ random: () => 0.25 }).random()).toBe(0.25);
  });
});

/** Connects a client's end and a server's end, and records the events of both. */
async function pair(): Promise<{ network: MemoryNetwork; client: Transport; server: MemorySocket; heard: string[] }> {
  const network = new MemoryNetwork();
  const heard: string[] = [];
  const accepted = new Promise<MemorySocket>((resolve) => {
    network.onsocket = resolve;
  });
  const client = network.connector.connect(
    { url: "ws://test/", headers: {}, websocketParams: {} },
    {
      opened: () => heard.push("opened"),
      frame: (bytes) => heard.push(`frame ${bytes}`),
      pong: () => heard.push("pong"),
      closed: (code, reason, error) => heard.push(`closed ${code} ${reason} ${error?.code}`),
    },
  );
  const server = await accepted;
  server.onframe = (frame, isBinary) => heard.push(`server got ${frame} ${isBinary}`);
  server.onclose = (code, reason) => heard.push(`server lost ${code} ${reason}`);
  await new VirtualClock().settle();
  return { network, client, server, heard };
}

const settle = (): Promise<void> => new VirtualClock().settle();

describe("MemoryNetwork", () => {
  test("a memory network carries frames both ways, asynchronously and in order", async () => {
    const { client, server, heard } = await pair();
    server.send(new Uint8Array([1]));
    server.send(new Uint8Array([2]));
    client.send(new Uint8Array([3]), Codec.JSON);
    client.ping();
    expect(heard).toEqual(["opened"]);
    await settle();
    expect(heard).toEqual(["opened", "frame 1", "frame 2", "server got 3 false", "pong"]);
    expect(server.pings).toBe(1);
  });

  test("a memory network holds frames while the client is paused, and counts their bytes", async () => {
    const { client, server, heard } = await pair();
    client.pause();
    server.send(new Uint8Array(10));
    server.send(new Uint8Array(20));
    await settle();
    expect(server).toMatchObject({ isPaused: true, bufferedBytes: 30 });
    expect(heard).toEqual(["opened"]);
    client.resume();
    await settle();
    expect(heard).toHaveLength(3);
    expect(server).toMatchObject({ isPaused: false, bufferedBytes: 0 });
  });

  test("a close in a memory network follows the frames that were sent, and reaches both ends once", async () => {
    const { server, heard } = await pair();
    server.send(new Uint8Array([1]));
    server.close(1001, "bye");
    server.send(new Uint8Array([2]));
    server.close();
    await settle();
    expect(heard).toEqual(["opened", "frame 1", "server lost 1001 bye", "closed 1001 bye undefined"]);
  });

  test("a memory network reports the client's close to the server", async () => {
    const { client, server, heard } = await pair();
    client.close(1000, "done");
    client.close(1000, "done");
    expect(server.isOpen).toBe(false);
    await settle();
    expect(heard).toEqual(["opened", "server lost 1000 done", "closed 1000 done undefined"]);
  });

  test("a cut in a memory network takes effect at once, and loses frames in flight", async () => {
    const { server, heard } = await pair();
    server.send(new Uint8Array([1]));
    server.cut();
    await settle();
    expect(heard).toEqual(["opened", "server lost 1006 ", "closed 1006  connection_lost"]);
  });

  test("a muted socket of a memory network is half open until it is cut", async () => {
    const { client, server, heard } = await pair();
    server.mute();
    server.send(new Uint8Array([1]));
    client.ping();
    client.send(new Uint8Array([2]), Codec.MSGPACK);
    client.close(1000, "");
    await settle();
    expect(heard).toEqual(["opened", "server got 2 true"]);
    server.cut();
    await settle();
    expect(heard.at(-1)).toBe("closed 1006  connection_lost");
  });

  test("a memory network rejects connections while `rejection` is set", async () => {
    const network = new MemoryNetwork();
    network.rejection = httpRejection(503, 1000);
    const error = await new Promise<StreamError | undefined>((resolve) => {
      network.connector.connect(
        { url: "ws://test/", headers: {}, websocketParams: {} },
        { opened: () => {}, frame: () => {}, pong: () => {}, closed: (_code, _reason, failure) => resolve(failure) },
      );
    });
    expect(error).toMatchObject({ code: "http_rejected", status: 503, retryAfterMs: 1000, terminal: false });
  });
});

describe("ScriptedGateway", () => {
  test("a scripted gateway rejects an unexpected request with what was expected and received", async () => {
    const { gateway, run } = open();
    void run();
    const session = await gateway.accept();
    session.welcome();
    await expect(session.expectSubscribe()).rejects.toThrow("expected a request to subscribe, got credentials");
    session.close();
    await expect(session.expectSubscribe()).rejects.toThrow("the connection is over (1000 ): the client sends no more");
  });

  test("a scripted gateway confirms corrections and cancels with the trades", async () => {
    const { stream, authenticated, clock } = open({ codec: "json" });
    stream.subscribeTrades(() => {}, "AAPL");
    const session = await authenticated();
    await session.expectSubscribe();
    const frame = vi.spyOn(session.socket, "send");
    session.acknowledge();
    await clock.settle();
    expect(JSON.parse(new TextDecoder().decode(frame.mock.calls[0]?.[0]))).toEqual([
      { T: "subscription", trades: ["AAPL"], corrections: ["AAPL"], cancelErrors: ["AAPL"] },
    ]);
  });

  test("a scripted gateway resolves accept() in the order of the connections", async () => {
    const gateway = new ScriptedGateway();
    const request = (url: string) => ({ url, headers: {}, websocketParams: {} });
    const events = { opened: () => {}, frame: () => {}, pong: () => {}, closed: () => {} };
    const first = gateway.accept();
    gateway.connector.connect(request("ws://one/"), events);
    gateway.connector.connect(request("ws://two/"), events);
    expect((await first).socket.request.url).toBe("ws://one/");
    expect((await gateway.accept()).socket.request.url).toBe("ws://two/");
  });
});
