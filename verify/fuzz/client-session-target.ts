import {
  type ClientMessage,
  Codec,
  FrameDecoder,
  type FrameEncoder,
  type ServerMessage,
  StreamError,
  WIRE_LIMITS,
} from "@tickerplant/client/wire";
// The sessions are not part of the API: the built modules are imported.
import { Session, type SessionAction, type SessionOptions } from "#client/connection/session.js";
import { SubscriptionLedger } from "#client/subscriptions/ledger.js";
import type { LedgerEntry } from "#client/subscriptions/ledger-entry.js";
import type { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import type { Corpus } from "./corpus.ts";
import { decode } from "./decoding.ts";
import { makeServerDialogue } from "./generate.ts";
import type { Input, Step } from "./input.ts";
import { countFault, must, type Target } from "./target.ts";

const OPTIONS: Omit<SessionOptions, "schema"> = {
  apiKey: "key",
  secretKey: "secret",
  codec: Codec.MSGPACK,
  rawData: false,
  handshakeTimeoutMs: 10_000,
  ackTimeoutMs: 5_000,
};

/** The session of a client against a server that sends anything, and then against a correct one. */
export class ClientSessionTarget implements Target {
  readonly name: string;
  readonly share = 1;
  readonly firstInputs: readonly Input[] = [];
  readonly #assetClass: AssetClass;
  readonly #corpus: Corpus;
  readonly #decoder: FrameDecoder;

  constructor(assetClass: AssetClass, corpus: Corpus) {
    this.name = `client session, ${assetClass.name}`;
    this.#assetClass = assetClass;
    this.#corpus = corpus;
    this.#decoder = new FrameDecoder(assetClass.schema);
  }

  makeInput(random: Random): Input {
    return makeServerDialogue(this.#assetClass, this.#corpus, random);
  }

  run(input: Input): void {
    const dialogue = new Dialogue(this.#assetClass, this.#decoder);
    for (const step of input) dialogue.step(step);
    dialogue.endWithCorrectServer();
  }
}

class Dialogue {
  readonly #assetClass: AssetClass;
  readonly #decoder: FrameDecoder;
  readonly #options: SessionOptions;
  readonly #ledger: SubscriptionLedger;
  readonly #subscriptions: LedgerEntry[][] = [];
  readonly #session: Session;
  #nowMs = 0;
  #isWelcome = false;
  #isAuthenticated = false;
  #isClosed = false;
  #authCount = 0;
  #requests = 0;
  /** The number of possible answers to a request: acknowledgements, errors, timeouts. */
  #answers = 0;

  constructor(assetClass: AssetClass, decoder: FrameDecoder) {
    this.#assetClass = assetClass;
    this.#decoder = decoder;
    this.#options = { ...OPTIONS, schema: assetClass.schema };
    this.#ledger = new SubscriptionLedger(assetClass.schema.subscribable);
    this.#session = new Session(this.#options, this.#ledger, () => {}, 0);
  }

  step(step: Step): void {
    switch (step.type) {
      case "frame": {
        for (const message of decode(this.#decoder, step.bytes).messages) this.#countAnswer(message as ServerMessage); // or a record, which has no such type
        return this.#check(this.#session.receive(step.bytes, this.#nowMs));
      }
      case "wait":
        this.#nowMs += step.ms;
        break;
      case "want":
        this.#subscriptions.push(this.#ledger.want(step.channel, step.symbols));
        break;
      case "release": {
        const [entries] = this.#subscriptions.splice(step.index, 1);
        if (entries !== undefined) this.#ledger.release(entries);
      }
    }
    this.#check(this.#session.tick(this.#nowMs));
  }

  #countAnswer({ type, ...rest }: ServerMessage): void {
    if (type === "success" && "message" in rest) this.#isWelcome ||= /^(connected|authenticated)$/.test(rest.message);
    if (type === "subscription" || type === "error") this.#answers++;
  }

  #check(actions: readonly SessionAction[]): void {
    for (const action of actions) {
      if (action.type === "report") {
        countFault(action.error);
        if (action.error.code === "ack_timeout") this.#answers++;
        continue;
      }
      must(!this.#isClosed, `a closed session returns the action ${action.type}`);
      if (action.type === "close") {
        countFault(action.error);
        this.#isClosed = true;
      } else if (action.type === "authenticated") this.#isAuthenticated = true;
      else if (action.type === "send") this.#sent(action.frame);
    }
    const { state, wakeAtMs } = this.#session;
    must(
      (state === "closed") === this.#isClosed,
      "the state and the actions disagree on whether the session is closed",
    );
    must(!this.#isClosed || wakeAtMs === undefined, "a closed session has a deadline");
    must(wakeAtMs === undefined || wakeAtMs > this.#nowMs, "a deadline passed without an action");
  }

  #sent(frame: Uint8Array): void {
    must(this.#isWelcome, "sent a frame before the welcome");
    must(frame.length <= WIRE_LIMITS.maxRequestBytes, `sent ${frame.length} bytes`);
    const [message, ...more] = this.#decoder.decodeClient(frame);
    must(message !== undefined && more.length === 0, "sent a frame with more or less than one message");
    if (message.action === "auth") {
      must(++this.#authCount === 1 && !this.#isAuthenticated, "sent the credentials twice");
      return;
    }
    must(this.#isAuthenticated, "sent a request before authentication");
    must(++this.#requests <= this.#answers + 1, "sent a request while another was unanswered");
  }

  /** The connection is lost and the next server is correct: every held symbol must become active or rejected. */
  endWithCorrectServer(): void {
    const { code } = new StreamError("connection_lost", "");
    this.#ledger.connectionLost({ heard: { marketMs: 0, sinceMs: 0 }, cause: new StreamError(code, "the fuzzer") });
    const server = new CorrectServer(this.#assetClass, this.#decoder);
    const session = new Session(this.#options, this.#ledger, () => {}, this.#nowMs);
    const waiting: Uint8Array[] = [server.encode({ type: "success", message: "connected" })];
    for (let turns = 0; waiting.length > 0; turns++) {
      must(turns < 200, "a correct server receives requests without end");
      const frame = waiting.shift() as Uint8Array; // the loop's condition
      for (const action of session.receive(frame, this.#nowMs)) {
        must(action.type !== "close" && action.type !== "report", `a correct server causes the action ${action.type}`);
        if (action.type === "send") waiting.push(server.answer(action.frame));
      }
    }
    must(this.#ledger.isSettled, "the ledger does not settle with a correct server");
    const held = new Set(this.#subscriptions.flat());
    for (const entry of held) this.#checkHeld(entry, server.has(entry));
    const count = [...held].filter(({ state }) => state === "active").length;
    must(server.size === count, `${count} symbols are active, the server serves ${server.size}`);
  }

  #checkHeld({ channel, symbol, refCount, state, error }: LedgerEntry, isServed: boolean): void {
    must(refCount > 0, `${channel} of ${symbol} is held by no subscription`);
    must(state === "active" || (state === "rejected" && error !== undefined), `${channel} of ${symbol} stays ${state}`);
    must(
      isServed === (state === "active"),
      `${channel} of ${symbol} is ${state}, and the server ${isServed ? "serves" : "does not serve"} it`,
    );
  }
}

/** A server that follows the protocol. */
class CorrectServer {
  readonly #encoder: FrameEncoder;
  readonly #decoder: FrameDecoder;
  readonly #symbols: Map<string, Set<string>>;

  constructor({ schema, encoders }: AssetClass, decoder: FrameDecoder) {
    this.#encoder = encoders[Codec.MSGPACK];
    this.#decoder = decoder;
    this.#symbols = new Map(schema.subscribable.map((channel) => [channel, new Set()]));
  }

  get size(): number {
    return [...this.#symbols.values()].reduce((sum, symbols) => sum + symbols.size, 0);
  }

  has({ channel, symbol }: LedgerEntry): boolean {
    return this.#symbols.get(channel)?.has(symbol) ?? false;
  }

  encode(message: ServerMessage): Uint8Array {
    return this.#encoder.serverFrame(message);
  }

  answer(frame: Uint8Array): Uint8Array {
    const [request] = this.#decoder.decodeClient(frame);
    if (request === undefined || request.action === "auth")
      return this.encode({ type: "success", message: "authenticated" });
    for (const [channel, held] of this.#symbols) change(request, channel, held);
    return this.encode({
      type: "subscription",
      symbols: Object.fromEntries([...this.#symbols].map(([channel, held]) => [channel, [...held]])),
    });
  }
}

function change(request: Exclude<ClientMessage, { action: "auth" }>, channel: string, held: Set<string>): void {
  for (const symbol of request.symbols[channel] ?? []) {
    if (request.action === "subscribe") held.add(symbol);
    else held.delete(symbol);
  }
}
