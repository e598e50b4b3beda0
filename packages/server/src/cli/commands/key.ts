import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { hashSecret } from "../../gateway/auth/secret-hash.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import { runCommand, usageError } from "../output/exit.ts";
import { Log } from "../output/log.ts";

interface KeyOptions {
  readonly stdin?: boolean;
  readonly token?: boolean;
}

const EXAMPLES = `
Examples:
  $ tickerplant key                          a random key with a random secret
  $ tickerplant key alice                    the key alice with a random secret
  $ tickerplant key alice --stdin < secret   the key alice with an existing secret
  $ tickerplant key app --token              a random bearer token, for a client of OAuth

Prints the environment variables for a client, and then the entry for the file of serve --keys,
which is a JSON array of such entries. The secret is printed only this once and stored nowhere:
the entry has a hash, from which the secret cannot be computed. An existing secret is not printed;
it must have at least ${GATEWAY_LIMITS.minSecretLength} characters.

A bearer token is sent without the key, as Authorization: Bearer TOKEN or as the key oauth with the
token as its secret. The key is its name in limits and logs.`;

/** Bytes of a random secret, which are 43 characters in base64url. */
const SECRET_BYTES = 32;

/** Adds `tickerplant key`, which makes an entry of a keys file. */
export function addKeyCommand(program: Command): void {
  program
    .command("key")
    .summary("make a key and a secret for serve --keys")
    .description("Makes a secret for a key, and the entry with its hash for the keys file of a gateway.")
    .argument("[name]", "the key (default: random)")
    .option("--stdin", "read the secret from standard input instead of making one")
    .option("--token", "make a bearer token in place of a secret")
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, options: KeyOptions) =>
      runCommand(new Log({ json: false }), () => makeKey(name, options)),
    );
}

async function makeKey(name: string | undefined, { stdin = false, token = false }: KeyOptions): Promise<void> {
  const key = name ?? `TP${randomBytes(9).toString("hex").toUpperCase()}`; // 20 characters, like Alpaca's
  if (key === "" || key.length > GATEWAY_LIMITS.maxKeyLength || !/^[\w.@-]+$/.test(key))
    throw usageError(`a key must have 1 to ${GATEWAY_LIMITS.maxKeyLength} characters: letters, digits and . _ - @`);
  const secret = stdin ? await secretFromInput() : randomBytes(SECRET_BYTES).toString("base64url");
  const variables = token
    ? [`APCA_API_OAUTH_TOKEN=${secret}`] // as the official TypeScript SDK reads it
    : [`APCA_API_KEY_ID=${key}`, `APCA_API_SECRET_KEY=${secret}`];
  const entry = { key, [token ? "tokenHash" : "secretHash"]: hashSecret(secret) };
  process.stdout.write(`${[...(stdin ? [] : variables), JSON.stringify(entry)].join("\n")}\n`);
}

async function secretFromInput(): Promise<string> {
  const secret = (await text(process.stdin)).trim(); // clients trim it, too
  if (secret.length < GATEWAY_LIMITS.minSecretLength)
    throw usageError(
      `the secret must have at least ${GATEWAY_LIMITS.minSecretLength} characters, got ${secret.length}: ` +
        "a shorter one could be guessed from its hash. Run without --stdin to make a random secret.",
    );
  if (!/^[!-~]+$/.test(secret)) throw usageError("the secret must be one line of ASCII characters without spaces");
  return secret;
}
