import type { Command } from "commander";
import { type Config, readConfigFile } from "../config/config-file.ts";
import { FLAG_NAMES } from "../config/rules.ts";
import { SERVER_SETTINGS } from "../config/serve-settings.ts";
import { readKeysFile } from "../input/keys-file.ts";
import { runCommand } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { counted } from "../output/numbers.ts";
import { referenceFaults } from "./config-references.ts";
import { sourceName } from "./source-feed.ts";
import { faultsLogged } from "./with-config.ts";

const EXAMPLES = `
Examples:
  $ tickerplant config check relay.toml
  $ tickerplant config check relay.json && systemctl reload tickerplant

Prints what tickerplant serve --config FILE would serve, and exits with 0; or everything that is
wrong with the file and with the files and variables that it names, and exits with 1.
docs/relay.md describes the settings; an editor can check them by the schema in the package,
tickerplant/config.schema.json.`;

/** Adds `tickerplant config check`. */
export function addConfigCommand(program: Command): void {
  const config = program
    .command("config")
    .summary("check a configuration file of serve")
    .description("Works on the configuration files of tickerplant serve --config.");
  config
    .command("check")
    .summary("print what a configuration file would serve, or its faults")
    .description("Checks a configuration file in JSON or TOML, and the files and variables that it names.")
    .argument("<file>", "the configuration file")
    .addHelpText("after", EXAMPLES)
    .action((file: string) => {
      const log = new Log({ json: false });
      return runCommand(log, () => check(file, log));
    });
}

async function check(file: string, log: Log): Promise<void> {
  const result = await readConfigFile(file);
  if ("faults" in result) throw faultsLogged(file, result.faults, log);
  const faults = await referenceFaults(result.config);
  if (faults.length > 0) throw faultsLogged(file, faults, log);
  process.stdout.write(`${[`${file} has no faults.`, ...(await summaryOf(result.config))].join("\n")}\n`);
}

/** What a configuration would serve, line by line. */
async function summaryOf({ server, feeds }: Config): Promise<readonly string[]> {
  const { keys, host = SERVER_SETTINGS.host.fallback, port = SERVER_SETTINGS.port.fallback, ...rest } = server;
  const { tlsCert, tlsKey: _, ...limits } = rest;
  const lines = [`address: ${tlsCert === undefined ? "ws" : "wss"}://${host}:${port}`];
  const sources = Object.entries(feeds);
  for (const [name, source] of sources) lines.push(`feed ${name}: ${sourceName(source)}`);
  if (sources.length === 0) lines.push(`feeds: none; name a source by ${FLAG_NAMES("simulate")} or another option`);
  if (keys === undefined) lines.push("keys: any key is accepted");
  else lines.push(`keys: ${counted((await readKeysFile(keys)).credentials.length, "key")} in ${keys}`);
  for (const [name, value] of Object.entries(limits)) lines.push(`${name}: ${String(value)}`);
  return lines;
}
