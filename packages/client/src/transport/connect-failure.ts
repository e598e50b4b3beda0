import { StreamError, type StreamErrorCode } from "../wire/index.ts";

interface Known {
  readonly advice: string;
  readonly code?: StreamErrorCode;
}

const UNTRUSTED: Known = {
  code: "untrusted_certificate",
  advice:
    "Nothing that this process trusts has signed the server's certificate. Trust it with websocketParams: { ca } " +
    "or the environment variable NODE_EXTRA_CA_CERTS=file.pem.",
};

const NO_TLS: Known = {
  advice: "The server speaks no TLS at this port: use ws:// instead of wss://, or another port.",
};

const NO_HTTP: Known = {
  advice: "What answers at this port is no websocket server, or one with TLS: check the port, or use wss://.",
};

const UNREACHABLE: Known = {
  advice: "Check the network and the firewall; where programs reach the internet through a proxy, set HTTPS_PROXY.",
};

/**
 * Failures of opening a connection, by the platform's code. None heals without a change somewhere; but
 * most heal while the program waits, so that only an untrusted certificate may end a stream.
 *
 * Source: nodejs.org/api/tls.html, "X509 certificate error codes"; nodejs.org/api/errors.html.
 */
const KNOWN: { readonly [code: string]: Known } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: "untrusted_certificate",
    advice:
      "The server's certificate is for another host: check the host of the URL, or set websocketParams: { servername }.",
  },
  CERT_HAS_EXPIRED: { advice: "The server's certificate has to be renewed, or this machine's clock is wrong." },
  CERT_NOT_YET_VALID: { advice: "This machine's clock is wrong, or the server's certificate begins later." },
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  HPE_INVALID_CONSTANT: NO_HTTP,
  HPE_INVALID_VERSION: NO_HTTP,
  ECONNRESET: { advice: "The server closed without an answer: check the port, and whether it wants ws:// or wss://." },
  ENOTFOUND: { advice: "There is no such host: check the host of the URL, and this machine's DNS." },
  EAI_AGAIN: { advice: "DNS does not answer: check the network." },
  ECONNREFUSED: { advice: "Nothing listens there: check the host and the port of the URL, and that the server runs." },
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
};

/** The error for a connection that broke; with advice where it never opened and the cause is a known one. */
export function connectFailure(error: Error, hasOpened: boolean): StreamError {
  if (error instanceof StreamError) return error;
  const { code = "" } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
  const known = hasOpened ? undefined : KNOWN[code];
  const advice = known === undefined ? "" : `. ${known.advice}`;
  return new StreamError(known?.code ?? "connection_lost", `the connection failed: ${textOf(error)}${advice}`, {
    cause: error,
    terminal: known?.code !== undefined,
  });
}

/** What failed, in the platform's words. An attempt at several addresses fails with one error for each, and no text. */
export function textOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((each) => textOf(each)).join(", ");
  const { code } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
  return error.message || code || error.name;
}
