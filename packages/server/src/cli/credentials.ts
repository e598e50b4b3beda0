import { misuse } from "./exit.ts";

/** A key and its secret. */
export interface Credentials {
  readonly apiKey: string;
  readonly secretKey: string;
}

/**
 * The keys of the environment. Never from arguments, which every user of the machine can read.
 *
 * @throws CommandError when one is missing: nothing is made up, not even for one's own machine.
 */
export function credentialsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Credentials {
  const { APCA_API_KEY_ID: apiKey, APCA_API_SECRET_KEY: secretKey } = environment;
  if (apiKey && secretKey) return { apiKey, secretKey };
  const missing = apiKey ? "APCA_API_SECRET_KEY is" : secretKey ? "APCA_API_KEY_ID is" : "no API keys are";
  throw misuse(
    `${missing} set: put your keys into APCA_API_KEY_ID and APCA_API_SECRET_KEY. ` +
      "Keys come from https://app.alpaca.markets. A gateway that was started without keys takes any value. " +
      "To see a simulated market without an account, run: tickerplant demo",
  );
}
