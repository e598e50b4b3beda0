import { onTestFinished } from "vitest";
import { CRYPTO_SCHEMA, CryptoDataStream, type CryptoDataStreamOptions, type StreamError } from "../../src/index.ts";
import { ScriptedGateway, type ScriptedSession, VirtualClock } from "../../src/testing/index.ts";

/** A stream of crypto with both of its ends in the test's hands. */
export interface OpenedCrypto<Raw extends boolean> {
  readonly gateway: ScriptedGateway;
  readonly clock: VirtualClock;
  readonly stream: CryptoDataStream<Raw>;
  readonly errors: StreamError[];
  /** Runs the stream through the handshake, and has every request acknowledged from then on. */
  serving(): Promise<ScriptedSession>;
}

/** Makes a stream of crypto over a scripted gateway and virtual time; the end of the test closes it. */
export function openCrypto<Raw extends boolean = false>(options: CryptoDataStreamOptions<Raw> = {}): OpenedCrypto<Raw> {
  const gateway = new ScriptedGateway({}, CRYPTO_SCHEMA);
  const clock = new VirtualClock();
  const stream = new CryptoDataStream<Raw>({
    apiKey: "test-key",
    secretKey: "test-secret",
    connector: gateway.connector,
    clock,
    ...options,
  });
  const errors: StreamError[] = [];
  stream.on("error", (error) => errors.push(error));
  onTestFinished(async () => {
    void stream.close();
    await clock.advance(1000);
  });
  return {
    gateway,
    clock,
    stream,
    errors,
    async serving() {
      void stream.run().catch(() => {});
      const session = await gateway.handshake();
      session.acknowledgeAll();
      await clock.settle();
      return session;
    },
  };
}
