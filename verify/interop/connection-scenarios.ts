import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { ClientProcess } from "./client-process.ts";
import type { OfficialClient } from "./clients.ts";
import { check, type Finding } from "./finding.ts";
import { type Gateways, KEY, KEY_OF_TWO_SYMBOLS, KEY_WITHOUT_FEED } from "./gateways.ts";
import { TICKING_SYMBOLS, TICKS } from "./sent-records.ts";

const [AAPL, MSFT, TSLA] = TICKING_SYMBOLS;
/** This many consecutive records show the subscriptions of a client: the three symbols of the ticks alternate. */
const RUN = 30;

/** Checks rejections, changes of subscriptions, and lost connections. */
export async function connectionFindings(client: OfficialClient, gateways: Gateways): Promise<Finding[]> {
  return [
    await check("wrong key (402)", () => wrongKey(client, gateways)),
    await check("feed outside the plan (409)", () => rejectedFeed(client, gateways)),
    await check("symbol limit (405), earlier symbols stay", () => symbolLimit(client, gateways)),
    await check("subscribe and unsubscribe while running", () => changedSubscriptions(client, gateways)),
    await check("server lost and back, twice", () => lostServer(client, gateways)),
  ];
}

async function wrongKey(client: OfficialClient, gateways: Gateways): Promise<void> {
  await using gateway = await gateways.ticking();
  await using program = client.start(gateway.url, KEY.key, "wrong");
  await program.send({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.send({ do: "connect" });
  await program.reported(/auth failed|invalid credentials/);
  if (client.afterWrongKey === "ends") await program.until("it ends", () => program.hasEnded);
  else await program.until("it retries", () => gateway.rejections(402) > 1);
  await program.end();
  assert.ok(gateway.rejections(402) > 0, "the gateway rejected the key with another number than 402");
  assert.equal(program.records.length, 0);
}

async function rejectedFeed(client: OfficialClient, gateways: Gateways): Promise<void> {
  await using gateway = await gateways.ticking();
  await using program = client.start(gateway.url, KEY_WITHOUT_FEED.key, KEY_WITHOUT_FEED.secret);
  await program.send({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.send({ do: "connect" });
  await program.reported(/insufficient subscription/);
  if (client.afterRejectedFeed === "ends") await program.until("it ends", () => program.hasEnded);
  await program.end();
  assert.equal(gateway.rejections(409), 1);
  assert.equal(program.records.length, 0);
}

async function symbolLimit(client: OfficialClient, gateways: Gateways): Promise<void> {
  await using gateway = await gateways.ticking();
  await using program = client.start(gateway.url, KEY_OF_TWO_SYMBOLS.key, KEY_OF_TWO_SYMBOLS.secret);
  await program.send({ do: "subscribe", channel: "trades", symbols: [AAPL, MSFT] });
  await program.send({ do: "connect" });
  await receivesOnly(client, program, [AAPL, MSFT]);
  await program.send({ do: "subscribe", channel: "trades", symbols: [TSLA] });
  await program.reported(/symbol limit exceeded/);
  await receivesOnly(client, program, [AAPL, MSFT]);
  assert.equal(program.connects, 1, "it connected again");
}

async function changedSubscriptions(client: OfficialClient, gateways: Gateways): Promise<void> {
  await using gateway = await gateways.ticking();
  await using program = client.start(gateway.url, KEY.key, KEY.secret);
  await program.send({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.send({ do: "connect" });
  await receivesOnly(client, program, [AAPL]);
  await program.send({ do: "subscribe", channel: "trades", symbols: [MSFT] });
  await receivesOnly(client, program, [AAPL, MSFT]);
  await program.send({ do: "unsubscribe", channel: "trades", symbols: [AAPL] });
  await receivesOnly(client, program, [MSFT]);
  await program.send({ do: "subscribe", channel: "trades", symbols: ["*"] });
  await receivesOnly(client, program, TICKING_SYMBOLS);
  // Without the wildcard the named symbol stays.
  await program.send({ do: "unsubscribe", channel: "trades", symbols: ["*"] });
  await receivesOnly(client, program, [MSFT]);
  assert.deepEqual(program.reports, []);
  assert.equal(program.connects, 1, "it connected again");
}

async function lostServer(client: OfficialClient, gateways: Gateways): Promise<void> {
  let gateway = await gateways.ticking();
  const { url, port } = gateway;
  try {
    await using program = client.start(url, KEY.key, KEY.secret);
    await program.send({ do: "subscribe", channel: "trades", symbols: [AAPL, TSLA] });
    await program.send({ do: "connect" });
    await receivesOnly(client, program, [AAPL, TSLA]);
    // First the connection is lost without a close frame, then the server closes it.
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const connects = program.connects;
      await gateway.end(signal);
      gateway = await gateways.ticking(port);
      await program.until("it reconnects", () => program.connects > connects);
      await receivesOnly(client, program, [AAPL, TSLA]);
    }
  } finally {
    await gateway.end("SIGKILL");
  }
}

/** Waits until the newest records are the ticks of exactly these symbols: none lost, none repeated, each value as sent. */
async function receivesOnly(client: OfficialClient, program: ClientProcess, symbols: readonly string[]): Promise<void> {
  const ticks = TICKS.filter(({ S }) => symbols.includes(S)).map((tick) => client.expected(tick));
  const before = program.records.length;
  await program.until(`it receives ${symbols.join(", ")} and nothing else`, () => {
    if (program.records.length < before + RUN) return false;
    const newest = program.records.slice(-RUN);
    const first = ticks.findIndex((tick) => isDeepStrictEqual(tick, newest[0]));
    return first >= 0 && newest.every((record, n) => isDeepStrictEqual(record, ticks[(first + n) % ticks.length]));
  });
}
