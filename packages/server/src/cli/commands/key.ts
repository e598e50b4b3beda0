import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { hashSecret } from "../../gateway/auth/secret-hash.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import { runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";

interface KeyOptions {
  readonly stdin?: boolean;
}

const EXAMPLES = `
Examples:
  $ tickerplant key                          a random key and its secret
  $ tickerplant key alice                    the secret of a key with this name
  $ tickerplant key alice --stdin < secret   the entry of a secret that there is already

Prints key and secret as a client's environment wants them, and then the entry for the file of
serve --keys. The file is a JSON array of such entries. The secret stands nowhere but on standard
output, this once: the entry holds a hash, from which it cannot be had. A secret from standard
input is not printed again; it must have ${GATEWAY_LIMITS.minSecretLength} characters, as a random one has.`;

/** Bytes of a random secret; 43 characters as base64url. */
const SECRET_BYTES = 32;

/** Adds `tickerplant key`: makes an entry of a keys file. */
export function addKeyCommand(program: Command): void {
  program
    .command("key")
    .summary("make a key and its secret for serve --keys")
    .description("Makes a secret for a key, and the entry with its hash for the gateway's file of keys.")
    .argument("[name]", "the key (default: a random one)")
    .option("--stdin", "hash the secret that comes by standard input instead of making one")
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, options: KeyOptions) =>
      runCommand(new Log({ json: false }), () => makeKey(name, options)),
    );
}

async function makeKey(name: string | undefined, { stdin = false }: KeyOptions): Promise<void> {
  const key = name ?? `TP${randomBytes(9).toString("hex").toUpperCase()}`; // 20 characters, as Alpaca's
  if (key === "" || key.length > GATEWAY_LIMITS.maxKeyLength || !/^[\w.@-]+$/.test(key))
    throw usageError(`a key has 1 to ${GATEWAY_LIMITS.maxKeyLength} letters, digits and . _ - @`);
  const secret = stdin ? await secretFromInput() : randomBytes(SECRET_BYTES).toString("base64url");
  const lines = stdin ? [] : [`APCA_API_KEY_ID=${key}`, `APCA_API_SECRET_KEY=${secret}`];
  lines.push(JSON.stringify({ key, secretHash: hashSecret(secret) }));
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function secretFromInput(): Promise<string> {
  const secret = (await text(process.stdin)).trim(); // as clients do
  if (secret.length < GATEWAY_LIMITS.minSecretLength)
    throw usageError(
      `the secret has ${secret.length} characters and needs ${GATEWAY_LIMITS.minSecretLength}: ` +
        "a shorter one could be guessed from its hash. Without --stdin a random one is made.",
    );
  if (!/^[!-~]+$/.test(secret)) throw usageError("a secret is one line of ASCII characters without blanks");
  return secret;
}
