// The command line is not part of the API: the built modules are imported.
import { type Config, type ConfigFault, parseConfig } from "#server/cli/config/config-file.js";
import { parseKeys } from "#server/cli/input/keys-file.js";
import { CommandError } from "#server/cli/output/exit.js";
import type { Random } from "../shared/random.ts";
import { frameStep, type Input } from "./input.ts";
import { mutate } from "./mutate.ts";
import { must, type Target } from "./target.ts";

/** A value of the inputs that no message may contain. */
const SECRET = "S3CRET-S3CRET";

const CONFIG = {
  host: "0.0.0.0",
  port: 9000,
  keys: "keys.json",
  maxSymbols: 500,
  allowOrigin: ["http://localhost:5173"],
  historyMinutes: 60.5,
  history: true,
  plan: "free",
  tlsCert: "cert.pem",
  tlsKey: "key.pem",
  feeds: {
    sip: { upstream: "sip", credentials: "alpaca.env", keyIdVariable: "DESK_KEY" },
    iex: { simulate: true, symbols: ["AAPL", "MSFT"], rate: 5000, seed: 7, speed: "max" },
    otc: { replay: ["day.jsonl.gz"], speed: 10, loop: true },
    "crypto/us": { simulate: true, symbols: ["BTC/USD"] },
  },
};

const TOML = `host = "0.0.0.0"
port = 9_000
keys = 'keys.json' # of the clients
allowOrigin = [
  "http://localhost:5173",
]
historyMinutes = 6.05e1
feeds."crypto/us" = { simulate = true, symbols = ["BTC/USD"] }

[feeds.sip]
upstream = "sip"
keyIdVariable = """DESK_KEY"""

[feeds.otc]
replay = ["day.jsonl.gz"]
loop = true
`;

const KEYS = [
  { key: "alice", secretHash: "hmac-sha256$AAECAwQFBgcICQoLDA0ODw$fynClLWWu0PASlbY1Z91FUkQs-lcUJNBti5nv1V2YZE" },
  {
    key: "app",
    tokenHash: "hmac-sha256$AAECAwQFBgcICQoLDA0ODw$fynClLWWu0PASlbY1Z91FUkQs-lcUJNBti5nv1V2YZE",
    feeds: ["iex"],
  },
];

/** Names and values that a configuration or its like may have anywhere. */
const NAMES = [
  "port",
  "prot",
  "feeds",
  "sip",
  "spi",
  "crypto/us",
  "simulate",
  "symbols",
  "tlsKey",
  "__proto__",
  "toString",
  "key",
  "secret",
  "",
];
const VALUES: readonly unknown[] = [
  SECRET,
  "",
  "max",
  "a,b",
  0,
  -1,
  1e21,
  0.5,
  true,
  false,
  null,
  [],
  {},
  [SECRET],
  [1],
  { simulate: true },
  [[[]]],
];

/** A file that a user wrote with mistakes, or that something else wrote. */
abstract class TextTarget implements Target {
  abstract readonly name: string;
  readonly share = 1;
  readonly firstInputs: readonly Input[];
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.firstInputs = [
      "",
      "{}",
      "[]",
      "\ufeff",
      "[".repeat(4000),
      '{"a":'.repeat(1000),
      "a = ".repeat(100),
      ...texts,
    ].map(inputOf);
  }

  makeInput(random: Random): Input {
    const text = random.pick(this.#texts);
    if (text.startsWith("{") && random.chance(0.6))
      return inputOf(JSON.stringify(withMistakes(JSON.parse(text), random)));
    const withSecret = random.chance(0.3) ? text.replace(/"[^"]*"/, `"${SECRET}"`) : text;
    return [frameStep(mutate(Buffer.from(withSecret), Buffer.from(random.pick(this.#texts)), random))];
  }

  run(input: Input): void {
    for (const step of input) if (step.type === "frame") this.read(Buffer.from(step.bytes).toString());
  }

  abstract read(text: string): void;
}

/** A configuration in JSON or TOML is read, or has faults with places; neither shows a value. */
export class ConfigTarget extends TextTarget {
  readonly name: string;
  readonly #file: string;

  constructor(format: "json" | "toml") {
    super(format === "toml" ? [TOML] : [JSON.stringify(CONFIG), JSON.stringify(CONFIG, undefined, 2)]);
    this.name = `configuration, ${format}`;
    this.#file = `/etc/relay.${format}`;
  }

  read(text: string): void {
    const result = parseConfig(text, this.#file);
    if ("config" in result) return checkRoundTrip(result.config);
    must(result.faults.length > 0, "a configuration is rejected without a fault");
    for (const fault of result.faults) checkFault(fault, text);
  }
}

/** A keys file is read, or rejected with a sentence that shows no value. */
export class KeysFileTarget extends TextTarget {
  readonly name = "keys file";

  constructor() {
    super([JSON.stringify(KEYS), `{"keys":${JSON.stringify(KEYS)}}`]);
  }

  read(text: string): void {
    try {
      for (const { key } of parseKeys("keys.json", text)) must(key !== "", "a key without a name is accepted");
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      must(error.message.startsWith("the keys file keys.json"), "a message does not name the file");
      must(!error.message.includes(SECRET) || isName(SECRET, text), "a message shows a value");
    }
  }
}

function inputOf(text: string): Input {
  return [frameStep(Buffer.from(text))];
}

/** Replaces, removes or adds some of the names and values in plain data. */
function withMistakes(value: unknown, random: Random): unknown {
  if (random.chance(0.08)) return random.pick(VALUES);
  if (Array.isArray(value)) return value.map((item) => withMistakes(item, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => !random.chance(0.05))
    .map(([name, item]) => [random.chance(0.03) ? random.pick(NAMES) : name, withMistakes(item, random)] as const);
  if (random.chance(0.1)) entries.push([random.pick(NAMES), random.pick(VALUES)]);
  return Object.fromEntries(entries);
}

function checkFault({ place, message }: ConfigFault, text: string): void {
  must(message !== "" && !message.includes("\n"), "a fault has no message of one line");
  must(place !== "" || /^it must be an object$|tlsCert|history/.test(message), `the fault "${message}" has no place`);
  must(!message.includes(SECRET), "a message shows a value");
  const [, line, column] = /^line (\d+), column (\d+)$/.exec(place) ?? [];
  if (line === undefined) return;
  const lines = text.split("\n");
  must(Number(line) >= 1 && Number(line) <= lines.length, `line ${line} of ${lines.length} does not exist`);
  must(Number(column) >= 1, `column ${column} does not exist`);
}

/** What was read is a configuration: in JSON, it is read as the same. Its paths are absolute. */
function checkRoundTrip(config: Config): void {
  const again = parseConfig(JSON.stringify({ ...config.server, feeds: config.feeds }), "/other/relay.json");
  must(JSON.stringify(again) === JSON.stringify({ config }), "what was read is not read again as the same");
}

/** Whether a word is a name in the text, which messages may show. */
function isName(word: string, text: string): boolean {
  return text.includes(`"${word}":`) || !text.includes(`"${word}"`);
}
