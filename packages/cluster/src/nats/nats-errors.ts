import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { ClusterError, type ClusterErrorCode } from "../cluster-error.ts";

/** Numbers of JetStream's API errors that mean something here. Source: nats-server, server/errors.json. */
const API_CODES: Readonly<Record<number, ClusterErrorCode>> = {
  10002: "no_room", // resource limits exceeded for account
  10005: "different_stream", // no suitable peers for placement: more replicas than servers
  10008: "unreachable", // JetStream system temporarily unavailable
  10009: "unreachable", // JetStream cluster without a leader
  10023: "no_room", // insufficient resources
  10028: "no_room", // insufficient memory resources available
  10039: "no_jetstream",
  10047: "no_room", // insufficient storage resources available
  10058: "different_stream", // stream name already in use with another configuration
  10059: "no_stream",
  10065: "different_stream", // subjects overlap with an existing stream
  10071: "fenced", // wrong last sequence
  10074: "different_stream", // more replicas than the server has
  10076: "no_jetstream",
  10077: "no_room", // the store has failed: maximum bytes exceeded, no space left on device
  10118: "unreachable", // stream is offline, or has no quorum
  10164: "fenced", // wrong last sequence
};

/** Returns what an error of NATS's client means; `action` says what failed, such as "could not read the stream". */
export function natsError(action: string, cause: unknown): ClusterError {
  if (cause instanceof ClusterError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ClusterError(codeOf(cause), `${action}: ${textOf(cause, text)}`, cause);
}

function codeOf(cause: unknown): ClusterErrorCode {
  if (cause instanceof JetStreamApiError) {
    if (cause.status === 503) return API_CODES[cause.code] ?? "unreachable";
    return API_CODES[cause.code] ?? "failed";
  }
  if (cause instanceof errors.RequestError && cause.cause !== undefined) return codeOf(cause.cause);
  if (cause instanceof errors.PermissionViolationError) return "not_allowed";
  if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError)
    return "not_allowed";
  if (cause instanceof errors.InvalidArgumentError) return "invalid_option";
  // Everything else is of the connection: a timeout, a connection that is closed or cannot be made, or no responder, which
  // NATS's client calls JetStreamNotEnabled: JetStream answers nothing while it starts, either.
  return "unreachable";
}

function textOf(cause: unknown, text: string): string {
  if (cause instanceof errors.TimeoutError || /timeout/i.test(text)) return "NATS did not answer in time";
  if (isNotEnabled(cause) || cause instanceof errors.NoRespondersError || /no responders/i.test(text))
    return "JetStream does not answer: it starts, or the server runs without it (nats-server -js)";
  if (cause instanceof errors.AuthorizationError) return `NATS rejects the credentials (${text})`;
  return text;
}

/** Whether NATS's client got no answer from JetStream. Its class is not exported. */
export function isNotEnabled(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "JetStreamNotEnabled";
}
