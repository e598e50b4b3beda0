import { type ClientMessage, Codec, FrameDecoder, type ServerMessage, StreamError } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "tickerplant";
// The sessions are not part of the API: the built modules are imported.
import { type GatewayAction, GatewaySession, type GatewaySessionOptions } from "#server/gateway/gateway-session.js";
import type { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import { type Corpus, RIGHT_SECRET } from "./corpus.ts";
import { decode } from "./decoding.ts";
import { makeClientDialogue } from "./generate.ts";
import type { Input } from "./input.ts";
import { must, type Target, Violation } from "./target.ts";

const MAX_SYMBOLS = 4;
/** The session of a gateway against a client that sends anything. */
export class GatewaySessionTarget implements Target {
  readonly name: string;
  readonly share = 1;
  readonly firstInputs: readonly Input[] = [];
  readonly #assetClass: AssetClass;
  readonly #corpus: Corpus;
  readonly #decoder: FrameDecoder;

  constructor(assetClass: AssetClass, corpus: Corpus) {
    this.name = `gateway session, ${assetClass.name}`;
    this.#assetClass = assetClass;
    this.#corpus = corpus;
    this.#decoder = new FrameDecoder(assetClass.schema);
  }

  makeInput(random: Random): Input {
    return makeClientDialogue(this.#assetClass, this.#corpus, random);
  }

  run(input: Input): void {
    new Dialogue(this.#assetClass, this.#decoder).run(input);
  }
}

class Dialogue {
  readonly #assetClass: AssetClass;
  readonly #decoder: FrameDecoder;
  readonly #session: GatewaySession;
  readonly #held = new Map<string, Set<string>>();
  #nowMs = 0;
  #isAuthenticated = false;
  #isClosed = false;

  constructor(assetClass: AssetClass, decoder: FrameDecoder) {
    this.#assetClass = assetClass;
    this.#decoder = decoder;
    this.#session = sessionOf(assetClass);
  }

  run(input: Input): void {
    this.#check(this.#session.open(undefined, 0));
    for (const step of input) {
      if (step.type === "frame") this.#frame(step.bytes);
      else if (step.type === "wait") {
        this.#nowMs += step.ms;
        this.#check(this.#session.tick(this.#nowMs));
      }
    }
  }

  #frame(bytes: Uint8Array): void {
    const wasClosed = this.#isClosed;
    const actions = this.#session.receive(bytes, this.#nowMs);
    this.#check(actions);
    if (wasClosed) return must(actions.length === 0, "a closed session sends an answer");
    if (this.#isClosed) return;
    const answers = actions.filter((action) => action.type === "send");
    const messages = messagesOf(this.#decoder, bytes);
    const count = messages?.length ?? 0;
    if (messages === undefined || count === 0 || count > GATEWAY_LIMITS.maxMessagesPerFrame) {
      return must(answers.length === 1 && errorOf(actions[0]) === 400, "an unreadable frame is not answered with 400");
    }
    must(answers.length === messages.length, `${messages.length} messages have ${answers.length} answers`);
    for (const [index, message] of messages.entries()) this.#checkAnswer(message, answers[index]?.message);
  }

  /** An acknowledgement lists the result of all requests so far. */
  #checkAnswer(request: ClientMessage, answer: ServerMessage | undefined): void {
    if (answer?.type !== "subscription") return;
    must(request.action !== "auth", "credentials were answered with an acknowledgement");
    for (const channel of this.#assetClass.schema.subscribable) {
      const held = this.#held.get(channel) ?? new Set();
      this.#held.set(channel, held);
      for (const symbol of request.symbols[channel] ?? []) {
        if (request.action === "subscribe") held.add(symbol);
        else held.delete(symbol);
      }
      const listed = answer.symbols[channel] ?? [];
      must(
        [...held].sort().join() === [...listed].sort().join(),
        `${channel} of ${[...held]} are acknowledged as ${listed}`,
      );
    }
  }

  #check(actions: readonly GatewayAction[]): void {
    for (const [index, action] of actions.entries()) {
      must(!this.#isClosed, `a closed session returns the action ${action.type}`);
      if (action.type === "close") this.#isClosed = true;
      else if (action.type === "changed") {
        must(this.#isAuthenticated, "a subscription changed before authentication");
        must(actions[index - 1]?.type === "send", "a change was not acknowledged");
      } else {
        if (action.type !== "send") throw new Violation("a feed that carries everything is asked");
        const { message } = action;
        if (message.type === "success" && message.message === "authenticated") {
          must(!this.#isAuthenticated, "authenticated twice");
          this.#isAuthenticated = true;
        }
        must(message.type !== "subscription" || this.#isAuthenticated, "acknowledged before authentication");
        for (const encoder of Object.values(this.#assetClass.encoders)) {
          must(
            decode(this.#decoder, encoder.serverFrame(message)).faults.length === 0,
            "an answer of the session cannot be decoded",
          );
        }
      }
    }
    const { subscriptions, isAuthenticated } = this.#session;
    must(
      isAuthenticated === this.#isAuthenticated,
      "the state and the answers disagree on whether the session is authenticated",
    );
    must(!subscriptions.wouldExceed(MAX_SYMBOLS, {}, "symbols"), "the limit of symbols is exceeded");
    must(
      subscriptions.symbols(this.#assetClass.withheldChannel).size === 0,
      "a channel that the gateway does not offer is subscribed to",
    );
    must(this.#isClosed || isAuthenticated === (this.#session.wakeAtMs === undefined), "no deadline to authenticate");
  }
}

function sessionOf({ schema, withheldChannel }: AssetClass): GatewaySession {
  const options: GatewaySessionOptions = {
    codec: Codec.JSON,
    schema,
    decoder: new FrameDecoder(schema),
    channels: schema.subscribable.filter((channel) => channel !== withheldChannel),
    admit: (_key, secret) => (secret === RIGHT_SECRET ? { maxSymbols: MAX_SYMBOLS } : { error: 402 }),
    symbolCount: "symbols",
    asksFeed: false,
    subscribeError: () => undefined,
    unknownChannels: "reject",
    closeCodes: { authTimeout: 4404, slowClient: 4407 },
  };
  return new GatewaySession(options, 0);
}

function messagesOf(decoder: FrameDecoder, bytes: Uint8Array): ClientMessage[] | undefined {
  try {
    return decoder.decodeClient(bytes);
  } catch (error) {
    if (error instanceof StreamError) return undefined;
    throw error;
  }
}

function errorOf(action: GatewayAction | undefined): number | undefined {
  return action?.type === "send" && action.message.type === "error" ? action.message.number : undefined;
}
