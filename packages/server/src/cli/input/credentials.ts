import { usageError } from "../output/exit.ts";

/**
 * Checks that the environment has the credentials, which the client reads from there. They are never arguments,
 * which every user of the machine can read.
 *
 * @throws CommandError when one is missing. There is no default, not even for a local server.
 */
export function checkCredentials(environment: NodeJS.ProcessEnv = process.env): void {
  const [apiKey, secretKey] = [environment.APCA_API_KEY_ID?.trim(), environment.APCA_API_SECRET_KEY?.trim()];
  if (apiKey && secretKey) return;
  const missing = apiKey ? "APCA_API_SECRET_KEY is not" : secretKey ? "APCA_API_KEY_ID is not" : "no API keys are";
  throw usageError(
    `${missing} set: set the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY. ` +
      "Get keys at https://app.alpaca.markets. A gateway that was started without keys accepts any value. " +
      "To see a simulated market without an account, run: tickerplant demo",
  );
}
