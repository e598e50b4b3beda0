/**
 * Alpaca's official clients, unmodified, against `tickerplant serve`. Usage: run.js [CLIENT…]. See README.md.
 */
import { OFFICIAL_CLIENTS, type OfficialClient } from "./clients.ts";
import { connectionFindings } from "./connection-scenarios.ts";
import type { Finding } from "./finding.ts";
import { Gateways } from "./gateways.ts";
import { historyFindings } from "./history-scenarios.ts";
import { recordFindings } from "./record-scenarios.ts";
import { printTable, type Result } from "./table.ts";

const wanted = process.argv.slice(2);
const names = OFFICIAL_CLIENTS.map(({ name }) => name);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`unknown client "${unknown}"; the clients are ${names.join(", ")}`);
  process.exit(2);
}

const results: Result[] = [];
{
  await using gateways = await Gateways.prepare();
  await using relays = await Gateways.prepare(true);
  for (const client of OFFICIAL_CLIENTS) {
    if (wanted.length === 0 || wanted.includes(client.name)) results.push(await resultOf(client, gateways, relays));
  }
}
printTable(results);
const count = (outcome: Finding["outcome"]): number =>
  results.flatMap(({ findings }) => findings).filter((finding) => finding.outcome === outcome).length;
const skipped = results.filter(({ findings }) => findings.length === 0).length;
const others = skipped === 0 ? "" : `, ${skipped} skipped`;
console.log(`\n${count("passed")} passed, ${count("failed")} failed${others}`);
process.exitCode = count("failed") === 0 ? 0 : 1;

async function resultOf(client: OfficialClient, gateways: Gateways, relays: Gateways): Promise<Result> {
  const startedAt = performance.now();
  try {
    const skipped = await client.prepare();
    if (skipped !== undefined) {
      console.log(`skipped ${client.name}: ${skipped}`);
      return { client, findings: [] };
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { client, findings: [{ title: "installed", outcome: "failed", reason }] };
  }
  const findings = [
    ...(await connectionFindings(client, gateways)),
    ...(await recordFindings(client, gateways)),
    ...(await historyFindings(client, () => gateways.past())),
    ...titled("from a recording", await historyFindings(client, () => gateways.recorded())),
    ...titled("behind a relay", [
      ...(await connectionFindings(client, relays)),
      ...(await recordFindings(client, relays)),
      ...(await historyFindings(client, () => relays.past())),
    ]),
  ];
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`ran ${client.name} ${client.version} in ${seconds} s`);
  return { client, findings };
}

function titled(where: string, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, title: `${where}: ${finding.title}` }));
}
