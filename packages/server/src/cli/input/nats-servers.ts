import { InvalidArgumentError } from "commander";

const SERVER = "(?:(?:nats|tls):\\/\\/)?[^\\s\\/,]+";

/** The addresses of NATS's servers, as the options accept them. */
export const NATS_SERVERS: RegExp = new RegExp(`^${SERVER}(?:,${SERVER})*$`);

/** Parses the addresses of NATS, separated by commas. */
export function natsServers(text: string): string {
  if (!NATS_SERVERS.test(text))
    throw new InvalidArgumentError(
      "It must be the address of NATS, such as nats://127.0.0.1:4222 or tls://host, or several separated by commas.",
    );
  return text;
}

/** Returns the addresses without users and passwords. */
export function shownServers(servers: string): string {
  return servers
    .split(",")
    .map((server) => server.replace(/^(\w+:\/\/)?.*@/, "$1"))
    .join(",");
}
