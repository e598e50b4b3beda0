import type { Gateway } from "../../gateway/gateway.ts";
import { type Listener, type ListenOptions, listen } from "../../http/listen.ts";
import { type CommandError, failure } from "../output/exit.ts";

/**
 * Opens the port of a gateway.
 *
 * @throws CommandError with the reason and advice, when the port cannot be opened.
 */
export async function openPort(gateway: Gateway, options: ListenOptions): Promise<Listener> {
  const { host = "127.0.0.1", port, metricsPort, tls } = options;
  try {
    return await listen(gateway, options);
  } catch (error) {
    // What node:net and node:tls throw; net.d.ts lacks the port.
    const { message, port: failed = port } = error as NodeJS.ErrnoException & { readonly port?: number };
    const option = failed !== port && failed === metricsPort ? "--metrics-port" : "--port";
    const known = portFailure(error, host, failed, option);
    if (known !== undefined) throw known;
    if (tls !== undefined)
      throw failure(`cannot use the certificate and its private key: ${tlsProblem(message)}`, error);
    throw error;
  }
}

/** Returns the error of a port that cannot be opened, with advice; undefined for an error of another kind. */
export function portFailure(
  error: unknown,
  host: string,
  port: number | undefined,
  option: "--port" | "--metrics-port",
): CommandError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException; // what node:net throws, or any error
  if (code === "EADDRINUSE")
    return failure(`port ${port} on ${host} is in use; choose another with ${option}, or 0 for a free one`, error);
  if (code === "EACCES")
    return failure(`no permission to open port ${port}; choose one above 1023 with ${option}`, error);
  if (code === "EADDRNOTAVAIL" || syscall === "getaddrinfo")
    return failure(`${host} is not an address of this machine; choose another with --host`, error);
  return undefined;
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
