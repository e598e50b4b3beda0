import { isDeepStrictEqual } from "node:util";
import type { Channel, SeenRecord } from "./client-process.ts";
import type { OfficialClient } from "./clients.ts";
import { check, type Finding, notModelled } from "./finding.ts";
import { type Gateways, KEY } from "./gateways.ts";
import { NAMED_SYMBOLS, RECORDS, type SentRecord } from "./sent-records.ts";

/** The types of record with their channels, in the order of PROTOCOL.md. */
const TYPES: readonly { readonly T: string; readonly title: string; readonly channel: Channel }[] = [
  { T: "t", title: "trades", channel: "trades" },
  { T: "q", title: "quotes", channel: "quotes" },
  { T: "b", title: "minute bars", channel: "bars" },
  { T: "u", title: "updated bars", channel: "updatedBars" },
  { T: "d", title: "daily bars", channel: "dailyBars" },
  { T: "s", title: "statuses", channel: "statuses" },
  { T: "l", title: "LULD bands", channel: "lulds" },
  { T: "i", title: "imbalances", channel: "imbalances" },
  { T: "c", title: "corrections", channel: "trades" },
  { T: "x", title: "cancels", channel: "trades" },
];

/** Checks every type of record: by symbol, by wildcard, and raw. */
export async function recordFindings(client: OfficialClient, gateways: Gateways): Promise<Finding[]> {
  const findings: Finding[] = [];
  let received: readonly SeenRecord[] = [];
  const arrival = await check("every record of named symbols, in order, and no other", async () => {
    received = await played(client, gateways, NAMED_SYMBOLS);
    compare(client, received, sentTo(client, NAMED_SYMBOLS));
  });
  for (const { T, title } of TYPES) {
    const missing = client.missingTypes[T];
    if (missing !== undefined) findings.push(notModelled(title, missing));
    else
      findings.push(
        await check(title, () => {
          if (received.length === 0) throw new Error("no record arrived");
          const isOfType = (record: { readonly T?: unknown }): boolean => record.T === T;
          compare(client, received.filter(isOfType), sentTo(client, NAMED_SYMBOLS).filter(isOfType));
        }),
      );
  }
  findings.push(arrival);
  findings.push(
    await check("wildcard on every channel", async () =>
      compare(client, await played(client, gateways, ["*"]), sentTo(client, ["*"])),
    ),
  );
  const title = "raw records, with nanoseconds";
  if (client.noRaw !== undefined) findings.push(notModelled(title, client.noRaw));
  else
    findings.push(
      await check(title, async () =>
        compare(client, await played(client, gateways, ["*"], true), sentTo(client, ["*"]), true),
      ),
    );
  return findings;
}

/** Subscribes the client to all its channels, and returns the records that it printed once the gateway has sent everything. */
async function played(
  client: OfficialClient,
  gateways: Gateways,
  symbols: readonly string[],
  raw = false,
): Promise<readonly SeenRecord[]> {
  await using gateway = await gateways.playing();
  await using program = client.start(gateway.url, KEY.key, KEY.secret, raw);
  const channels = TYPES.filter(({ T }) => client.missingTypes[T] === undefined).map(({ channel }) => channel);
  for (const channel of new Set(channels)) await program.send({ do: "subscribe", channel, symbols });
  await program.send({ do: "connect" });
  await gateway.played();
  const { length } = sentTo(client, symbols);
  // Missing records are reported by the comparison.
  await program.until(`${length} records arrive`, () => program.records.length >= length).catch(() => {});
  await program.end();
  if (program.records.length === 0)
    throw new Error(`no record arrived; messages of the client: ${program.reports.join("; ")}`);
  return program.records;
}

/** The records that the gateway sends to a client with these symbols on all its channels. */
function sentTo(client: OfficialClient, symbols: readonly string[]): readonly SentRecord[] {
  const isSent = ({ T, S }: SentRecord): boolean =>
    client.missingTypes[T] === undefined && (symbols.includes("*") || symbols.includes(S));
  return RECORDS.filter(isSent);
}

/** Throws unless the client printed every record that was sent, in order and with equal values. */
function compare(client: OfficialClient, seen: readonly SeenRecord[], sent: readonly SentRecord[], raw = false): void {
  for (const [index, record] of sent.entries()) {
    const expected = client.expected(record, raw);
    if (isDeepStrictEqual(seen[index], expected)) continue;
    const texts = [expected, seen[index]].map((value) => JSON.stringify(value) ?? "none");
    throw new Error(`record ${index + 1} of ${sent.length} must be ${texts[0]}, got ${texts[1]}`);
  }
  if (seen.length > sent.length) throw new Error(`${seen.length} records arrived, ${sent.length} were sent`);
}
