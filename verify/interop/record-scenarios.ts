import { isDeepStrictEqual } from "node:util";
import type { Channel, SeenRecord } from "./client-process.ts";
import type { OfficialClient } from "./clients.ts";
import { check, type Finding, notModelled } from "./finding.ts";
import { NAMED_SYMBOLS, RECORDS, type SentRecord } from "./sent-records.ts";
import { KEY, type Stage } from "./stage.ts";

/** The types of record, with the channel that brings each, in the order of PROTOCOL.md. */
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

/** Every type of record, for named symbols, for the wildcard, and raw. */
export async function recordFindings(client: OfficialClient, stage: Stage): Promise<Finding[]> {
  const findings: Finding[] = [];
  let seen: readonly SeenRecord[] = [];
  const arrival = await check("every record of named symbols, in order, and no other", async () => {
    seen = await played(client, stage, NAMED_SYMBOLS);
    compare(client, seen, sentTo(client, NAMED_SYMBOLS));
  });
  for (const { T, title } of TYPES) {
    const missing = client.missingTypes[T];
    if (missing !== undefined) findings.push(notModelled(title, missing));
    else
      findings.push(
        await check(title, () => {
          if (seen.length === 0) throw new Error("no record came at all");
          const isOfType = (record: { readonly T?: unknown }): boolean => record.T === T;
          compare(client, seen.filter(isOfType), sentTo(client, NAMED_SYMBOLS).filter(isOfType));
        }),
      );
  }
  findings.push(arrival);
  findings.push(
    await check("wildcard on every channel", async () =>
      compare(client, await played(client, stage, ["*"]), sentTo(client, ["*"])),
    ),
  );
  const title = "raw records, with nanoseconds";
  if (client.noRaw !== undefined) findings.push(notModelled(title, client.noRaw));
  else
    findings.push(
      await check(title, async () =>
        compare(client, await played(client, stage, ["*"], true), sentTo(client, ["*"]), true),
      ),
    );
  return findings;
}

/** Has the client subscribe to all it can, and gives what it has shown when the gateway has played everything. */
async function played(
  client: OfficialClient,
  stage: Stage,
  symbols: readonly string[],
  raw = false,
): Promise<readonly SeenRecord[]> {
  await using gateway = await stage.playing();
  await using program = client.start(gateway.url, KEY.key, KEY.secret, raw);
  const channels = TYPES.filter(({ T }) => client.missingTypes[T] === undefined).map(({ channel }) => channel);
  for (const channel of new Set(channels)) await program.tell({ do: "subscribe", channel, symbols });
  await program.tell({ do: "connect" });
  await gateway.played();
  const { length } = sentTo(client, symbols);
  // Records that are missing show in the comparison, which says which.
  await program.until(`${length} records came`, () => program.records.length >= length).catch(() => {});
  await program.end();
  if (program.records.length === 0) throw new Error(`no record came; the client says: ${program.reports.join("; ")}`);
  return program.records;
}

/** What the gateway sends to a client that is subscribed to these symbols on every channel that it has. */
function sentTo(client: OfficialClient, symbols: readonly string[]): readonly SentRecord[] {
  const isSent = ({ T, S }: SentRecord): boolean =>
    client.missingTypes[T] === undefined && (symbols.includes("*") || symbols.includes(S));
  return RECORDS.filter(isSent);
}

/** Throws unless the client has shown every record that was sent, each value equal, in order. */
function compare(client: OfficialClient, seen: readonly SeenRecord[], sent: readonly SentRecord[], raw = false): void {
  for (const [index, record] of sent.entries()) {
    const expected = client.expected(record, raw);
    if (isDeepStrictEqual(seen[index], expected)) continue;
    const texts = [expected, seen[index]].map((value) => JSON.stringify(value) ?? "nothing");
    throw new Error(`record ${index + 1} of ${sent.length} must be ${texts[0]}, is ${texts[1]}`);
  }
  if (seen.length > sent.length) throw new Error(`${seen.length} records came, ${sent.length} were sent`);
}
