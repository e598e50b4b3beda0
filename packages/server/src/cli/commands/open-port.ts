import type { Gateway } from "../../gateway/gateway.ts";
import { type Listener, type ListenOptions, listen } from "../../http/listen.ts";
import { failure } from "../output/exit.ts";

/**
 * Opens the port of a gateway.
 *
 * @throws CommandError that says in a sentence why it cannot be opened, and what to do.
 */
export async function openPort(gateway: Gateway, options: ListenOptions): Promise<Listener> {
  const { host = "127.0.0.1", port, tls } = options;
  try {
    return await listen(gateway, options);
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
    if (code === "EADDRINUSE")
      throw failure(`port ${port} at ${host} is in use: choose another with --port, or 0 for any that is free`, error);
    if (code === "EACCES")
      throw failure(`this user may not open port ${port}: choose one above 1023 with --port`, error);
    if (code === "EADDRNOTAVAIL" || syscall === "getaddrinfo")
      throw failure(`${host} is no address of this machine: choose another with --host`, error);
    if (tls !== undefined)
      throw failure(`the certificate or its private key cannot be used: ${tlsProblem(message)}`, error);
    throw error;
  }
}

/** What OpenSSL says of a certificate and a key, by the end of its message. */
const TLS_PROBLEMS: { readonly [end: string]: string } = {
  "no start line": "one of the two files is no PEM, which has lines such as -----BEGIN CERTIFICATE-----",
  "key values mismatch": "the private key belongs to another certificate",
  "bad decrypt": "the private key is encrypted: write it without its password, with openssl pkey -in key.pem",
};

/** OpenSSL's message in words, where it is a usual one. */
function tlsProblem(message: string): string {
  const end = Object.keys(TLS_PROBLEMS).find((known) => message.endsWith(known)) ?? "";
  return TLS_PROBLEMS[end] ?? message;
}
