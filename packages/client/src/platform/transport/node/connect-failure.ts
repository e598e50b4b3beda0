import { StreamError, type StreamErrorCode } from "../../../wire/index.ts";

interface Known {
  readonly advice: string;
  readonly code?: StreamErrorCode;
}

const UNTRUSTED: Known = {
  code: "untrusted_certificate",
  advice:
    "No authority that this process trusts has signed the server's certificate. Trust it with websocketParams: { ca } " +
    "or the environment variable NODE_EXTRA_CA_CERTS=file.pem.",
};

const UNSUITABLE: Known = {
  code: "untrusted_certificate",
  advice: "The server needs another certificate: this one, or one that it is signed with, is not valid for a server.",
};

const NO_TLS: Known = {
  advice: "The server speaks no TLS at this port: use ws:// instead of wss://, or another port.",
};

const TLS_REJECTED: Known = {
  advice:
    "One side rejected the other's TLS: check whether the server wants a certificate of the client " +
    "(websocketParams: { cert, key }) or another TLS version.",
};

const NO_HTTP: Known = {
  advice: "What answers at this port is no websocket server, or one with TLS: check the port, or use wss://.",
};

const UNREACHABLE: Known = {
  advice: "Check the network and the firewall; where programs reach the internet through a proxy, set HTTPS_PROXY.",
};

/**
 * Failures to open a connection, by the platform's code. Most are mended elsewhere while the program
 * retries, so that only an untrusted certificate may end a stream.
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
  CERT_CHAIN_TOO_LONG: UNSUITABLE,
  CERT_REJECTED: UNSUITABLE,
  CERT_REVOKED: UNSUITABLE,
  CERT_SIGNATURE_FAILURE: UNSUITABLE,
  INVALID_CA: UNSUITABLE,
  INVALID_PURPOSE: UNSUITABLE,
  PATH_LENGTH_EXCEEDED: UNSUITABLE,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: "untrusted_certificate",
    advice:
      "The server's certificate is for another host: check the host of the URL, or set websocketParams: { servername }.",
  },
  CERT_HAS_EXPIRED: { advice: "The server's certificate has to be renewed, or this machine's clock is wrong." },
  CERT_NOT_YET_VALID: { advice: "This machine's clock is wrong, or the server's certificate begins later." },
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

/**
 * OpenSSL's name of a TLS failure, in a message such as
 * `write EPROTO 80BC…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:….c:350:`. The
 * platform has no code for most of them.
 */
const OPENSSL_REASON = /:SSL routines:[^:]*:([^:]+)/;

/** OpenSSL's reasons for an answer that is not TLS. */
const NO_TLS_REASONS: readonly string[] = ["wrong version number", "packet length too long", "http request"];

/** The error for a broken connection, with advice if it never opened and the cause is known. */
export function connectFailure(error: Error, hasOpened: boolean): StreamError {
  if (error instanceof StreamError) return error;
  const known = hasOpened ? undefined : knownFailure(error);
  const advice = known === undefined ? "" : `. ${known.advice}`;
  return new StreamError(known?.code ?? "connection_lost", `the connection failed: ${textOf(error)}${advice}`, {
    cause: error,
    terminal: known?.code !== undefined,
  });
}

/** Whether a certificate was rejected as untrusted, which a retry does not change. */
export function isUntrusted(error: Error): boolean {
  return knownFailure(error)?.code === "untrusted_certificate";
}

function knownFailure(error: Error): Known | undefined {
  const reason = OPENSSL_REASON.exec(error.message)?.[1];
  if (reason !== undefined) return NO_TLS_REASONS.includes(reason) ? NO_TLS : TLS_REJECTED;
  const { code = "" } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
  return KNOWN[code];
}

/** The platform's message. An attempt at several addresses fails with one error for each and no message of its own. */
export function textOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((each) => textOf(each)).join(", ");
  const reason = OPENSSL_REASON.exec(error.message)?.[1];
  if (reason !== undefined) return `TLS: ${reason}`; // the rest names lines of OpenSSL's source
  const { code } = error as NodeJS.ErrnoException; // what node:net and node:tls throw
  return error.message || code || error.name;
}
