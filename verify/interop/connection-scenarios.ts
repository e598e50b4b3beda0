import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import type { ClientProcess } from "./client-process.ts";
import type { OfficialClient } from "./clients.ts";
import { check, type Finding } from "./finding.ts";
import { TICKING_SYMBOLS, TICKS } from "./sent-records.ts";
import { KEY, KEY_OF_TWO_SYMBOLS, KEY_WITHOUT_FEED, type Stage } from "./stage.ts";

const [AAPL, MSFT, TSLA] = TICKING_SYMBOLS;
/** So many records in a row show what a client is subscribed to: the tape has its three symbols in turn. */
const RUN = 30;

/** What a client does when it is refused, changes its mind, and loses its server. */
export async function connectionFindings(client: OfficialClient, stage: Stage): Promise<Finding[]> {
  return [
    await check("wrong key (402)", () => wrongKey(client, stage)),
    await check("feed that the plan lacks (409)", () => refusedFeed(client, stage)),
    await check("symbol limit (405), earlier symbols stay", () => symbolLimit(client, stage)),
    await check("subscribe and unsubscribe while running", () => changingMinds(client, stage)),
    await check("server cut off and back, twice", () => cutOff(client, stage)),
  ];
}

async function wrongKey(client: OfficialClient, stage: Stage): Promise<void> {
  await using gateway = await stage.ticking();
  await using program = client.start(gateway.url, KEY.key, "wrong");
  await program.tell({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.tell({ do: "connect" });
  await program.reported(/auth failed|invalid credentials/);
  if (client.afterWrongKey === "ends") await program.until("it gives up", () => program.hasEnded);
  else await program.until("it tries again", () => gateway.refusals(402) > 1);
  await program.end();
  assert.ok(gateway.refusals(402) > 0, "the gateway refused with another number than 402");
  assert.equal(program.records.length, 0);
}

async function refusedFeed(client: OfficialClient, stage: Stage): Promise<void> {
  await using gateway = await stage.ticking();
  await using program = client.start(gateway.url, KEY_WITHOUT_FEED.key, KEY_WITHOUT_FEED.secret);
  await program.tell({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.tell({ do: "connect" });
  await program.reported(/insufficient subscription/);
  if (client.afterRefusedFeed === "ends") await program.until("it gives up", () => program.hasEnded);
  await program.end();
  assert.equal(gateway.refusals(409), 1);
  assert.equal(program.records.length, 0);
}

async function symbolLimit(client: OfficialClient, stage: Stage): Promise<void> {
  await using gateway = await stage.ticking();
  await using program = client.start(gateway.url, KEY_OF_TWO_SYMBOLS.key, KEY_OF_TWO_SYMBOLS.secret);
  await program.tell({ do: "subscribe", channel: "trades", symbols: [AAPL, MSFT] });
  await program.tell({ do: "connect" });
  await receivesOnly(client, program, [AAPL, MSFT]);
  await program.tell({ do: "subscribe", channel: "trades", symbols: [TSLA] });
  await program.reported(/symbol limit exceeded/);
  await receivesOnly(client, program, [AAPL, MSFT]);
  assert.equal(program.connects, 1, "it connected again");
}

async function changingMinds(client: OfficialClient, stage: Stage): Promise<void> {
  await using gateway = await stage.ticking();
  await using program = client.start(gateway.url, KEY.key, KEY.secret);
  await program.tell({ do: "subscribe", channel: "trades", symbols: [AAPL] });
  await program.tell({ do: "connect" });
  await receivesOnly(client, program, [AAPL]);
  await program.tell({ do: "subscribe", channel: "trades", symbols: [MSFT] });
  await receivesOnly(client, program, [AAPL, MSFT]);
  await program.tell({ do: "unsubscribe", channel: "trades", symbols: [AAPL] });
  await receivesOnly(client, program, [MSFT]);
  await program.tell({ do: "subscribe", channel: "trades", symbols: ["*"] });
  await receivesOnly(client, program, TICKING_SYMBOLS);
  // Without the wildcard the named symbol stays.
  await program.tell({ do: "unsubscribe", channel: "trades", symbols: ["*"] });
  await receivesOnly(client, program, [MSFT]);
  assert.deepEqual(program.reports, []);
  assert.equal(program.connects, 1, "it connected again");
}

async function cutOff(client: OfficialClient, stage: Stage): Promise<void> {
  let gateway = await stage.ticking();
  const { url, port } = gateway;
  try {
    await using program = client.start(url, KEY.key, KEY.secret);
    await program.tell({ do: "subscribe", channel: "trades", symbols: [AAPL, TSLA] });
    await program.tell({ do: "connect" });
    await receivesOnly(client, program, [AAPL, TSLA]);
    // First it is gone without a word, then it closes the connection in order.
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const connects = program.connects;
      await gateway.end(signal);
      gateway = await stage.ticking(port);
      await program.until("it is back", () => program.connects > connects);
      await receivesOnly(client, program, [AAPL, TSLA]);
    }
  } finally {
    await gateway.end("SIGKILL");
  }
}

/** Waits until the newest records are the ticks of exactly these symbols, none lost, none twice, each value as sent. */
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
