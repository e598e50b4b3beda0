import type { Gateway } from "../../gateway/gateway.ts";
import { type Listener, type ListenOptions, listen } from "../../http/listen.ts";
import { failure } from "../output/exit.ts";

/**
 * Opens the port of a gateway.
 *
 * @throws CommandError with the reason and advice, when the port cannot be opened.
 */
export async function openPort(gateway: Gateway, options: ListenOptions): Promise<Listener> {
  const { host = "127.0.0.1", port, tls } = options;
  try {
    return await listen(gateway, options);
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
    if (code === "EADDRINUSE")
      throw failure(`port ${port} on ${host} is in use; choose another with --port, or 0 for a free one`, error);
    if (code === "EACCES")
      throw failure(`no permission to open port ${port}; choose one above 1023 with --port`, error);
    if (code === "EADDRNOTAVAIL" || syscall === "getaddrinfo")
      throw failure(`${host} is not an address of this machine; choose another with --host`, error);
    if (tls !== undefined)
      throw failure(`cannot use the certificate and its private key: ${tlsProblem(message)}`, error);
    throw error;
  }
}

/** Descriptions of common OpenSSL errors, by the end of the error's message. */
const TLS_PROBLEMS: { readonly [end: string]: string } = {
  "no start line": "one of the two files is not PEM, which has lines such as -----BEGIN CERTIFICATE-----",
  "key values mismatch": "the private key belongs to another certificate",
  "bad decrypt": "the private key is encrypted; decrypt it with openssl pkey -in key.pem",
};

/** Returns the description of an OpenSSL error, or its own message. */
export function tlsProblem(message: string): string {
  const end = Object.keys(TLS_PROBLEMS).find((known) => message.endsWith(known)) ?? "";
  return TLS_PROBLEMS[end] ?? message;
}
