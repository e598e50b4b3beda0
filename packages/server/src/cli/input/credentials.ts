import { usageError } from "../output/exit.ts";

/**
 * Checks that the environment has the keys, which the client then takes from there. They never come
 * from arguments, which every user of the machine can read.
 *
 * @throws CommandError when one is missing: nothing is made up, not even for one's own machine.
 */
export function checkCredentials(environment: NodeJS.ProcessEnv = process.env): void {
  const [apiKey, secretKey] = [environment.APCA_API_KEY_ID?.trim(), environment.APCA_API_SECRET_KEY?.trim()];
  if (apiKey && secretKey) return;
  const missing = apiKey ? "APCA_API_SECRET_KEY is not" : secretKey ? "APCA_API_KEY_ID is not" : "no API keys are";
  throw usageError(
    `${missing} set: put your keys into APCA_API_KEY_ID and APCA_API_SECRET_KEY. ` +
      "Keys come from https://app.alpaca.markets. A gateway that was started without keys takes any value. " +
      "To see a simulated market without an account, run: tickerplant demo",
  );
}
