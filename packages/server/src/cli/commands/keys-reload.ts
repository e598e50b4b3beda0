import type { KeyChange } from "../../gateway/auth/keyring.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { FileWatch } from "../input/file-watch.ts";
import { type KeysFile, parseKeys } from "../input/keys-file.ts";
import { shortenedKey } from "../output/gateway-log.ts";
import type { Log } from "../output/log.ts";

/** What the log calls each change. */
const VERBS: Readonly<Record<KeyChange["type"], string>> = {
  added: "added",
  changed: "changed",
  secretChanged: "replaced the secret of",
  removed: "withdrew",
};

/** Applies the changes of a keys file to a gateway while it runs. A file that cannot be used changes nothing. */
export function watchKeys(file: string, { text }: KeysFile, { keyring }: Gateway, log: Log): FileWatch {
  return new FileWatch(file, text, {
    changed: (changed) => logChanges(log, file, keyring.replace(parseKeys(file, changed))),
    failed: ({ message }) => log.error(`${message}; the keys from before stay in use`, { type: "keysRejected", file }),
  });
}

function logChanges(log: Log, file: string, changes: readonly KeyChange[]): void {
  const keysOf = (type: KeyChange["type"]): string[] =>
    changes.filter((change) => change.type === type).map(({ key }) => shortenedKey(key));
  const types = Object.keys(VERBS) as KeyChange["type"][]; // the table has exactly these
  const parts = types
    .filter((type) => keysOf(type).length > 0)
    .map((type) => `${VERBS[type]} ${keysOf(type).join(", ")}`);
  const summary = parts.length === 0 ? "it has the same keys as before" : parts.join("; ");
  const fields = Object.fromEntries(types.map((type) => [type, keysOf(type)]));
  log.info(`read the keys file ${file}: ${summary}`, { type: "keysReloaded", file, ...fields });
}
