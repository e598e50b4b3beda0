import { type ConfigFault, readConfigFile } from "../config/config-file.ts";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { counted } from "../output/numbers.ts";
import { hasSource, type ServeOptions } from "./serve-options.ts";

/** Faults of a file that are logged; a file of another kind has thousands. */
const MAX_LOGGED = 20;

/**
 * Adds the options of the configuration file, if one is named. Those of the command line, for which `isGiven` is true,
 * win; a source among them replaces all feeds of the file.
 *
 * @throws CommandError for a file that cannot be read or has faults, which are logged.
 */
export async function withConfig(
  options: ServeOptions,
  isGiven: (name: string) => boolean,
  log: Log,
): Promise<ServeOptions> {
  if (options.config === undefined) return options;
  const result = await readConfigFile(options.config);
  if ("faults" in result) throw faultsLogged(options.config, result.faults, log);
  const flags = Object.fromEntries(Object.entries(options).filter(([name]) => isGiven(name)));
  const { keys, historyMinutes, historyMb, plan, ...server } = result.config.server;
  return {
    ...options,
    ...server,
    ...(flags.key === undefined && keys !== undefined && { keys }),
    ...(flags.history !== false && definedOf({ historyMinutes, historyMb, plan })),
    ...flags,
    ...(!hasSource(options) && { feeds: result.config.feeds }),
  };
}

/** Logs what is wrong with a configuration file, and returns the error that ends the command. */
export function faultsLogged(file: string, faults: readonly ConfigFault[], log: Log): Error {
  for (const { place, message } of faults.slice(0, MAX_LOGGED))
    log.error(`${file}: ${place === "" ? "" : `${place}: `}${message}`, { type: "configFault", file, place });
  const rest = faults.length > MAX_LOGGED ? `, of which the first ${MAX_LOGGED} are above` : "";
  return failure(`${file} cannot be used: it has ${counted(faults.length, "fault")}${rest}`);
}

function definedOf<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>; // fewer of its keys
}
