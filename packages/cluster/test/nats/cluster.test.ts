import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "@tickerplant/client";
import {
  beginEpoch,
  Cluster,
  type ClusterErrorCode,
  type FeedPorts,
  FeedReader,
  type Frame,
  Lease,
  type LogStart,
} from "@tickerplant/cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyFrame, framesOf, ingest, itemsOf, TestWriter } from "../support/feed.ts";
import { NATS_SERVER, NatsServer, NEEDS } from "./server.ts";

async function connectTo(servers: string): Promise<Cluster & AsyncDisposable> {
  const cluster = await Cluster.connect({ servers, name: "a test" });
  return Object.assign(cluster, { [Symbol.asyncDispose]: () => cluster.close() });
}

/** Resolves when a condition holds. */
async function until(holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`did not hold within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function errorOf(action: Promise<unknown>): Promise<{ code: ClusterErrorCode | undefined; message: string }> {
  try {
    await action;
  } catch (error) {
    return error as { code: ClusterErrorCode; message: string }; // a ClusterError, or the test fails
  }
  return { code: undefined, message: "" };
}

/** Reads a feed until it is disposed. */
class Reading implements AsyncDisposable {
  readonly frames: Frame[] = [];
  readonly troubles: string[] = [];
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  isCaughtUp = false;

  constructor({ log }: FeedPorts, start: LogStart = { sequence: 1 }) {
    const reader = new FeedReader({
      log,
      clock: systemClock,
      start,
      events: {
        frame: (frame) => this.frames.push({ ...frame, payload: frame.payload.slice() }),
        skipped: ({ cause }) => this.troubles.push(cause.code),
        rewound: () => this.troubles.push("rewound"),
        caughtUp: () => {
          this.isCaughtUp = true;
        },
        lost: ({ code }) => this.troubles.push(code),
      },
    });
    this.#running = reader.run(this.#ending.signal);
  }

  get items(): string[] {
    return itemsOf(this.frames);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }
}

let counter = 0;

/** A feed that no other test uses. */
function newFeed(): string {
  return `test-${++counter}`;
}

describe.skipIf(NATS_SERVER === undefined)(`the cluster over a NATS of its own ${NEEDS}`, () => {
  let server: NatsServer;
  let cluster: Cluster & AsyncDisposable;

  beforeAll(async () => {
    server = await NatsServer.start();
    cluster = await connectTo(server.url);
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test("a reader gets what a writer writes, in order and once", async () => {
    const ports = await cluster.openFeed(newFeed());
    await using reading = new Reading(ports);
    const own = await TestWriter.begin(ports.log, systemClock);
    for (let number = 1; number <= 500; number++) {
      own.add(number);
      own.event(number);
    }
    await own.writer.drained();
    await until(() => reading.frames.length >= 1_001);
    expect(reading.items).toEqual(["E1", ...own.added]);
    expect([own.failures, own.troubles, reading.troubles]).toEqual([[], [], []]);
    expect(own.writer.counts.resyncs).toBe(0);
    own.writer.end();
  });

  test("a reader that starts at a time gets what arrived since, and behind the end it has caught up at once", async () => {
    const ports = await cluster.openFeed(newFeed());
    const own = await TestWriter.begin(ports.log, systemClock);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const sinceMs = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    own.event(1);
    await own.writer.drained();
    own.writer.end();
    await using since = new Reading(ports, { sinceMs });
    await using behind = new Reading(ports, { sinceMs: Date.now() + 1_000 });
    await until(() => since.isCaughtUp && behind.isCaughtUp);
    expect([since.items, behind.items]).toEqual([["e1"], []]);
  });

  test("a reader waits for a stream that does not exist yet", async () => {
    const feed = newFeed();
    await using reading = new Reading(await cluster.readFeed(feed));
    await until(() => reading.troubles.length > 0);
    expect(reading.troubles).toEqual(["no_stream"]);
    const { log } = await cluster.openFeed(feed);
    await beginEpoch(log, 1, ingest("a"), systemClock);
    await until(() => reading.frames.length > 0);
    expect(reading.items).toEqual(["E1"]);
  });

  test("of frames under way together, NATS accepts none behind the first one of another writer", async () => {
    const feed = newFeed();
    await using other = await connectTo(server.url);
    const own = await TestWriter.begin((await cluster.openFeed(feed)).log, systemClock);
    own.event(1);
    await own.writer.drained();
    const { log } = await other.openFeed(feed);
    const next = await TestWriter.begin(log, systemClock, 2);
    for (const number of [2, 3, 4]) own.event(number); // the second one names the sequence that the other has taken
    next.event(5);
    await until(() => own.failures.length > 0);
    await next.writer.drained();
    expect(own.failures.map(({ code }) => code)).toEqual(["fenced"]);
    expect(itemsOf(await framesOf(log))).toEqual(["E1", "e1", "E2", "e5"]);
    next.writer.end();
  });

  test("a message behind another than the last one, or behind one of another epoch, is rejected as fenced", async () => {
    const { log } = await cluster.openFeed(newFeed());
    await beginEpoch(log, 1, ingest("a"), systemClock);
    const bytes = emptyFrame({ number: 2 });
    for (const lastSequence of [0, 2]) {
      const writer = { epoch: 1, epochStart: 1 };
      expect((await errorOf(log.append(bytes, lastSequence, { ...writer, epochStart: 9 }))).code).toBe("fenced");
    }
    expect((await errorOf(log.append(bytes, 1, { epoch: 2, epochStart: 1 }))).code).toBe("fenced");
    await log.append(bytes, 1, { epoch: 1, epochStart: 1 });
  });

  test("a lease is taken over when its holder is gone, and at once when it was released", async () => {
    const feed = newFeed();
    await using other = await connectTo(server.url);
    const leaseMs = 800;
    const leaseOver = async (over: Cluster, name: string): Promise<Lease> =>
      new Lease({
        entries: (await over.openFeed(feed)).leases,
        key: feed,
        ingest: ingest(name),
        leaseMs,
        clock: systemClock,
        state: () => ({ carried: {}, isOnDemand: false }),
        failed: () => {},
      });
    const first = await leaseOver(cluster, "a");
    const second = await leaseOver(other, "b");
    const { signal } = new AbortController();
    const lost: string[] = [];
    await first.take(({ code }) => lost.push(code), signal);
    const taking = second.take(({ code }) => lost.push(code), signal);
    await new Promise((resolve) => setTimeout(resolve, 2 * leaseMs));
    expect([first.isHeld, second.isHeld]).toEqual([true, false]);
    const startMs = performance.now();
    first.drop(); // as if its process was gone
    await taking;
    expect(performance.now() - startMs).toBeLessThan(2 * leaseMs);
    expect(performance.now() - startMs).toBeGreaterThan(leaseMs / 2);
    expect([second.epoch, lost]).toEqual([2, []]);
    await second.release();
    await first.take(({ code }) => lost.push(code), signal);
    expect([first.epoch, lost]).toEqual([3, []]);
    await first.release();
  });

  test("entries change only if nobody has changed them", async () => {
    const { leases, readers } = await cluster.openFeed(newFeed());
    const revision = await leases.create("key", "1");
    expect(revision).toBeGreaterThan(0);
    expect(await leases.create("key", "2")).toBeUndefined();
    const next = await leases.update("key", "3", revision ?? 0);
    expect(next).toBeGreaterThan(revision ?? 0);
    expect(await leases.update("key", "4", revision ?? 0)).toBeUndefined();
    expect(await leases.get("key")).toEqual({ key: "key", value: "3", revision: next });
    await leases.remove("key");
    expect(await leases.get("key")).toBeUndefined();
    expect(await leases.create("key", "5")).toBeGreaterThan(next ?? 0);
    expect(await readers.list()).toEqual([]);
    await readers.put("a.1", "x");
    await readers.put("a.2", "y");
    await readers.put("a.2", "z");
    expect((await readers.list()).map(({ key, value }) => [key, value])).toEqual([
      ["a.1", "x"],
      ["a.2", "z"],
    ]);
  });

  test("a stream with other settings is rejected, with the command that changes it", async () => {
    const feed = newFeed();
    await cluster.openFeed(feed, { keepMs: 3_600_000, keepBytes: 1_000_000 });
    await cluster.openFeed(feed); // as it is
    const { code, message } = await errorOf(cluster.openFeed(feed, { keepMs: 7_200_000, keepBytes: 2_000_000 }));
    expect([code, message]).toEqual([
      "different_stream",
      `the stream TICKERPLANT_${feed} exists with other settings: it keeps frames for 1 hours, not frames for 2 hours; it keeps 1000000 bytes, not 2000000 bytes. Change it with "nats stream edit TICKERPLANT_${feed}", or leave the option out to accept it as it is`,
    ]);
    expect((await errorOf(cluster.openFeed(newFeed(), { replicas: 3 }))).code).toBe("different_stream");
  });

  test("the streams of all feeds are listed with their settings", async () => {
    const feed = newFeed();
    await cluster.openFeed(feed, { keepMs: 60_000 });
    const listed = (await cluster.feeds()).find((each) => each.feed === feed);
    expect(listed).toEqual({ feed, stream: `TICKERPLANT_${feed}`, keepMs: 60_000, keepBytes: undefined, replicas: 1 });
  });

  test("a log reports what it has, and messages that it does not keep as undefined", async () => {
    const { log } = await cluster.openFeed(newFeed());
    expect(await log.state()).toMatchObject({ firstSequence: 1, lastSequence: 0, lastAtMs: 0, byteLength: 0 });
    const before = Date.now();
    await beginEpoch(log, 1, ingest("a"), systemClock);
    const state = await log.state();
    expect(state).toMatchObject({ firstSequence: 1, lastSequence: 1 });
    expect(Math.abs(state.lastAtMs - before)).toBeLessThan(5_000);
    expect((await log.get(1))?.sequence).toBe(1);
    expect([await log.get(0), await log.get(2)]).toEqual([undefined, undefined]);
  });

  test("a log that keeps few bytes loses its oldest frames, and a reader that was away reports it", async () => {
    const ports = await cluster.openFeed(newFeed(), { keepBytes: 200_000 });
    const own = await TestWriter.begin(ports.log, systemClock);
    own.watermark = { completeMs: 1_000, isComplete: true };
    own.event(1);
    await own.writer.drained();
    const { lastSequence } = await ports.log.state();
    const reading = new Reading(ports);
    await until(() => reading.frames.length === lastSequence);
    await reading[Symbol.asyncDispose]();
    for (let number = 0; number < 20; number++) own.writer.add(undefined as never, new Uint8Array(65_536), false);
    own.watermark = { completeMs: 2_000, isComplete: true };
    await own.writer.drained();
    own.writer.end();
    expect((await ports.log.state()).firstSequence).toBeGreaterThan(3);
    await using late = new Reading(ports, { sequence: 1 });
    await until(() => late.isCaughtUp);
    expect(late.frames.map(({ number }) => number)).toEqual(
      late.frames.map((_, index) => index + (late.frames[0]?.number ?? 0)),
    );
    expect(late.frames[0]?.number).toBe((await ports.log.state()).firstSequence);
  });
});

describe.skipIf(NATS_SERVER === undefined)(`the cluster and a NATS that fails ${NEEDS}`, () => {
  test("nothing is lost or comes twice while NATS is restarted", async () => {
    await using server = await NatsServer.start();
    await using cluster = await connectTo(server.url);
    const ports = await cluster.openFeed("sip");
    await using reading = new Reading(ports);
    const own = await TestWriter.begin(ports.log, systemClock);
    let number = 0;
    const writing = setInterval(() => {
      for (let count = 0; count < 5; count++) own.event(++number);
    }, 5);
    await until(() => number > 500);
    await server.stop();
    await until(() => !cluster.isConnected);
    await until(() => own.troubles.length > 0);
    await server.run();
    await until(() => cluster.isConnected);
    const written = number;
    await until(() => number > written + 200);
    clearInterval(writing);
    await own.writer.drained();
    await until(() => reading.items.length > number);
    expect(reading.items).toEqual(["E1", ...own.added]);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test("nothing is lost or comes twice while NATS stands still for three seconds", async () => {
    await using server = await NatsServer.start();
    await using cluster = await connectTo(server.url);
    const ports = await cluster.openFeed("sip");
    await using reading = new Reading(ports);
    const own = await TestWriter.begin(ports.log, systemClock);
    let number = 0;
    const writing = setInterval(() => {
      for (let count = 0; count < 5; count++) own.event(++number);
    }, 5);
    await until(() => number > 100);
    server.pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    server.resume();
    clearInterval(writing);
    await own.writer.drained();
    await until(() => reading.items.length > number);
    expect(reading.items).toEqual(["E1", ...own.added]);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test("a store that is full is reported as no_room, and the writer goes on when there is room", async () => {
    await using server = await NatsServer.start({ maxFileStore: "1MB" });
    await using cluster = await connectTo(server.url);
    const { log } = await cluster.openFeed("sip");
    const own = await TestWriter.begin(log, systemClock);
    for (let number = 1; number <= 40; number++) own.writer.add(undefined as never, new Uint8Array(65_536), false);
    await until(() => own.troubles.length > 0);
    expect(own.troubles.map(({ code }) => code)).toEqual(["no_room"]);
    const stored = (await log.state()).lastSequence;
    expect(stored).toBeLessThan(41);
    await purge(server, "TICKERPLANT_sip", 2);
    await until(async () => (await log.state()).lastSequence > stored);
    expect(own.failures).toEqual([]);
    own.writer.end();
  });

  test("a reader and a writer fail or begin anew when their stream is deleted", async () => {
    await using server = await NatsServer.start();
    await using cluster = await connectTo(server.url);
    const ports = await cluster.openFeed("sip");
    await using reading = new Reading(ports);
    const own = await TestWriter.begin(ports.log, systemClock);
    own.watermark = { completeMs: 1, isComplete: true };
    own.event(1);
    await own.writer.drained();
    await until(() => reading.frames.length === 2);
    await request(server, "$JS.API.STREAM.DELETE.TICKERPLANT_sip", "");
    own.event(2);
    await until(() => own.failures.length > 0);
    expect(own.failures.map(({ code }) => code)).toEqual(["no_stream"]);
    const { log } = await cluster.openFeed("sip");
    const next = await TestWriter.begin(log, systemClock, 2);
    next.watermark = { completeMs: 2, isComplete: true };
    next.event(3);
    await until(() => reading.items.at(-1) === "e3");
    expect(reading.items).toEqual(["E1", "e1", "E2", "e3"]);
    expect(reading.troubles.at(-1)).toBe("log_truncated");
    next.writer.end();
  });

  test.each(["stop", "pause"] as const)(
    "a process ends after close(), although NATS does not answer (%s)",
    async (how) => {
      await using server = await NatsServer.start();
      const program = `
      import { Cluster } from "@tickerplant/cluster";
      const cluster = await Cluster.connect({ servers: "${server.url}", name: "a test" });
      await cluster.openFeed("sip");
      console.log("open");
      process.stdin.once("data", async () => {
        process.stdin.destroy();
        await cluster.close();
        await cluster.close(); // again
        console.log("closed, connected: " + cluster.isConnected);
      });`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        cwd: import.meta.dirname,
        stdio: ["pipe", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      let output = "";
      child.stdout.on("data", (bytes) => (output += bytes));
      await until(() => output.includes("open"));
      if (how === "stop") await server.stop();
      else server.pause();
      const startMs = performance.now();
      child.stdin.write("close\n");
      expect(await exited).toEqual([0, null]);
      expect(output).toBe("open\nclosed, connected: false\n");
      expect(performance.now() - startMs).toBeLessThan(4_000);
    },
  );

  test("isConnected is false from the loss of a connection until it is made again", async () => {
    await using server = await NatsServer.start();
    await using cluster = await connectTo(server.url);
    expect([cluster.isConnected, cluster.serverVersion]).toEqual([true, expect.stringMatching(/^2\./)]);
    await server.stop();
    await until(() => !cluster.isConnected);
    await server.run();
    await until(() => cluster.isConnected);
    await cluster.close();
    expect(cluster.isConnected).toBe(false);
  });
});

describe.skipIf(NATS_SERVER === undefined)(`the errors of the cluster ${NEEDS}`, () => {
  const codeOf = async (action: Promise<unknown>): Promise<ClusterErrorCode | undefined> =>
    (await errorOf(action)).code;
  const to = (servers: string, options: object = {}): Promise<Cluster> =>
    Cluster.connect({ servers, name: "a test", ...options });

  test("an address where no NATS is, or none can be, is unreachable", async () => {
    expect(await codeOf(to("nats://127.0.0.1:1"))).toBe("unreachable");
    expect(await codeOf(to("nats://no-such-host.invalid"))).toBe("unreachable");
    await using server = await NatsServer.start();
    server.pause();
    expect(await codeOf(to(server.url))).toBe("unreachable");
  });

  test("a NATS without JetStream is reported as no_jetstream, with the option that has it", async () => {
    await using server = await NatsServer.start({ hasJetStream: false });
    const { code, message } = await errorOf(to(server.url));
    expect([code, message]).toEqual(["no_jetstream", expect.stringContaining("nats-server -js")]);
  });

  test("options that are wrong are rejected before a connection is made", async () => {
    for (const servers of ["http://host", "nats://", "nats://user:pass word@:4222", ""])
      expect([servers, await codeOf(to(servers))]).toEqual([servers, "invalid_option"]);
    expect(await codeOf(to("nats://127.0.0.1:1", { caFile: "/no/such/file" }))).toBe("invalid_option");
    expect(await codeOf(to("nats://127.0.0.1:1", { certFile: "/no/such/file" }))).toBe("invalid_option");
    expect(await codeOf(to("nats://127.0.0.1:1", { credentialsFile: "/no/such/file" }))).toBe("invalid_option");
  });

  test("credentials of the address are used, rejected if they are wrong, and never shown", async () => {
    await using server = await NatsServer.start({
      config: `authorization { users: [{ user: "an ingest", password: "s3cret/@" }] }`,
    });
    const right = server.urlFor("an%20ingest", "s3cret%2F%40");
    const cluster = await to(right);
    expect(cluster.servers).toBe(server.url);
    await cluster.close();
    for (const wrong of [server.url, server.urlFor("an%20ingest", "wr0ng")]) {
      const { code, message } = await errorOf(to(wrong));
      expect([code, message]).toEqual(["not_allowed", expect.not.stringMatching(/wr0ng|s3cret/)]);
    }
  });

  test("a token is a user without a password", async () => {
    await using server = await NatsServer.start({ config: `authorization { token: "t0ken" }` });
    await (await to(`nats://t0ken@127.0.0.1:${server.port}`)).close();
    expect(await codeOf(to(`nats://wr0ng@127.0.0.1:${server.port}`))).toBe("not_allowed");
  });

  test("what a user may not do is reported as not_allowed", async () => {
    await using server = await NatsServer.start({
      config: `authorization { users: [
        { user: admin, password: p },
        { user: reader, password: p, permissions: {
          publish: { deny: ["tickerplant.>", "$JS.API.STREAM.CREATE.>"] }, subscribe: ">" } },
        { user: nobody, password: p, permissions: { publish: { allow: ["x"] }, subscribe: "_INBOX.>" } }
      ] }`,
    });
    const admin = await to(server.urlFor("admin", "p"));
    const ports = await admin.openFeed("sip");
    await beginEpoch(ports.log, 1, ingest("a"), systemClock);
    const reader = await to(server.urlFor("reader", "p"));
    const { log } = await reader.readFeed("sip");
    expect((await framesOf(log)).length).toBe(1);
    expect(await codeOf(log.append(emptyFrame({ number: 2 }), 1, { epoch: 1, epochStart: 1 }))).toBe("not_allowed");
    expect(await codeOf(reader.openFeed("iex"))).toBe("not_allowed");
    expect(await codeOf(to(server.urlFor("nobody", "p")))).toBe("not_allowed");
    await admin.close();
    await reader.close();
  });

  test("a connection over TLS needs the authority's certificate, and a client's where NATS asks for one", async () => {
    const openssl = (...args: string[]): unknown => execFileSync("openssl", args, { stdio: "ignore" });
    await using folder = await NatsServer.start({ hasJetStream: false }); // for its folder
    const file = (name: string): string => join(folder.dir, name);
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=a test's authority",
      "-keyout",
      file("ca.key"),
      "-out",
      file("ca.pem"),
    );
    writeFileSync(file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
    for (const name of ["server", "client"]) {
      openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        file(`${name}.key`),
        "-out",
        file(`${name}.csr`),
      );
      openssl(
        "x509",
        "-req",
        "-in",
        file(`${name}.csr`),
        "-CA",
        file("ca.pem"),
        "-CAkey",
        file("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        file("names"),
        "-out",
        file(`${name}.pem`),
      );
    }
    const tls = (more: string): string =>
      `tls { cert_file: "${file("server.pem")}", key_file: "${file("server.key")}" ${more} }`;
    await using server = await NatsServer.start({ config: tls("") });
    const caFile = file("ca.pem");
    await (await to(server.url, { caFile })).close();
    await (await to(`tls://localhost:${server.port}`, { caFile })).close();
    const untrusted = await errorOf(to(`tls://127.0.0.1:${server.port}`));
    expect(untrusted).toMatchObject({ code: "unreachable", message: expect.stringMatching(/certificate/) });
    await using strict = await NatsServer.start({ config: tls(`, ca_file: "${caFile}", verify: true`) });
    await (await to(strict.url, { caFile, certFile: file("client.pem"), keyFile: file("client.key") })).close();
    expect((await codeOf(to(strict.url, { caFile }))) ?? "connected").not.toBe("connected");
  });
});

/** Removes a stream's messages up to a sequence, as an operator does. */
function purge(server: NatsServer, stream: string, upTo: number): Promise<string> {
  return request(server, `$JS.API.STREAM.PURGE.${stream}`, JSON.stringify({ seq: upTo + 1 }));
}

/** Sends one request over a connection of its own, and returns the answer. */
async function request({ port }: NatsServer, subject: string, payload: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8").on("data", (text) => (received += text));
  socket.write(
    `CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${payload.length}\r\n${payload}\r\n`,
  );
  await until(() => /MSG answer/.test(received));
  socket.destroy();
  await once(socket, "close");
  return received;
}
