import { describe, expect, test } from "vitest";
import { linesOf, run, stream, temporaryFile } from "../support/cli.ts";
import { ingest, serveCluster } from "../support/cluster.ts";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";

/** The ids of trades that a client gets. */
async function idsOf(url: string, count: number): Promise<number[]> {
  const { stdout } = await stream(`${url}/v2/sip`, "trades", "A", "--count", `${count}`, "--format", "jsonl");
  return linesOf(stdout).map((line) => JSON.parse(line).i);
}

function isWithoutGap(ids: readonly number[]): boolean {
  return ids.every((id, index) => id === (ids[0] ?? 0) + index);
}

// NATS is a program of its own: without one on PATH, or in the variable NATS_SERVER, there is nothing to serve from.
describe.skipIf(NATS_SERVER === undefined)("serve --cluster", { timeout: 60_000 }, () => {
  test("serves what an ingest writes into NATS, of gateways as many as there are, and Ctrl-C ends it with 0", async () => {
    const nats = await startNats();
    await ingest(nats.url);
    const [one, other] = await Promise.all([serveCluster("--cluster", nats.url), serveCluster("--cluster", nats.url)]);
    const received = await Promise.all([idsOf(one.url, 5), idsOf(other.url, 5)]);
    for (const ids of received) {
      expect(ids).toHaveLength(5);
      expect(ids).toSatisfy(isWithoutGap);
    }
    expect(one.server.stderr).toMatch(/sip: connected to nats:.*\n.*sip: the ingest london leads, epoch 1/);
    one.server.child.kill("SIGINT");
    other.server.child.kill("SIGTERM");
    for (const { server } of [one, other]) expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("starts before NATS does, and reads it from then on", async () => {
    const reserved = await startNats();
    await reserved.stop();
    const { server, url } = await serveCluster("--cluster", `nats://127.0.0.1:${reserved.port}`);
    expect(server.stderr).toMatch(/could not connect to NATS at nats:\S+: .*; trying again/);
    const nats = await startNats([], reserved.port);
    await ingest(nats.url);
    expect(await idsOf(url, 3)).toSatisfy(isWithoutGap);
    await server.says(/the ingest london leads/);
  });

  test("exits with 1 and a sentence without the password if NATS rejects it", async () => {
    const nats = await startNats(["--user", "gateway", "--pass", "right-0123456789"]);
    const address = `nats://gateway:wrong-0123456789@127.0.0.1:${nats.port}`;
    const { code, stderr } = await run(["serve", "--port", "0", "--cluster", address]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: could not connect to NATS at nats:\/\/127\.0\.0\.1:\d+: NATS rejects the credentials/,
    );
    expect(stderr).not.toContain("wrong-0123456789");
  });
});

test("serve --cluster rejects addresses and combinations of options that make no sense, and says why", async () => {
  const answers = await Promise.all(
    [
      ["--cluster", "http://host"],
      ["--cluster", "nats://host", "--simulate"],
      ["--cluster", "nats://host", "--cluster-cert", "cert.pem"],
      ["--simulate", "--cluster-history", "5"],
      ["--cluster", "nats://host", "--once"],
    ].map((args) => run(["serve", "--port", "0", ...args])),
  );
  expect(answers.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
  const [address, both, pair, source, once] = answers.map(({ stderr }) => stderr);
  expect(address).toContain("It must be the address of NATS, such as nats://127.0.0.1:4222");
  expect(both).toContain("cannot be used with option");
  expect(pair).toContain("--cluster-cert and --cluster-key must be given together");
  expect(source).toContain("--cluster-history is for --cluster, and this is --simulate");
  expect(once).toContain("a feed of --cluster never ends");
});

test("config check names a file of a cluster that cannot be read, and shows the address without the password", async () => {
  const config = (more: string): string =>
    temporaryFile("relay.toml", `[feeds.sip]\ncluster = "nats://me:secret-0123@host:4222"\n${more}`);
  const [wrong, right] = await Promise.all([
    run(["config", "check", config('clusterCredentials = "absent.creds"')]),
    run(["config", "check", config("clusterHistory = 60")]),
  ]);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("absent.creds") });
  expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining("feed sip: cluster nats://host:4222\n") });
});
