/** What went wrong, as a word to branch on. */
export type ClusterErrorCode =
  /** NATS could not be reached, or did not answer in time. What was sent may have arrived. */
  | "unreachable"
  /** NATS rejects the credentials, or they may not do this. */
  | "not_allowed"
  /** The server has no JetStream, or the account may not use it. */
  | "no_jetstream"
  /** The stream exists with other settings than those asked for. */
  | "different_stream"
  /** JetStream has no room for the stream, or for another message. */
  | "no_room"
  /** There is no stream of that feed. */
  | "no_stream"
  /** Another process has written to the stream since: the writer is fenced off. */
  | "fenced"
  /** The lease was not renewed in time, or another process holds it. */
  | "lease_lost"
  /** More frames wait for NATS than the limit allows. */
  | "buffer_full"
  /** The stream has lost frames that NATS had acknowledged. */
  | "log_truncated"
  /** A newer version of this project wrote the frame. */
  | "unknown_version"
  /** The message is no frame of this project. */
  | "not_a_frame"
  /** An argument is wrong, such as an address or the name of a file. */
  | "invalid_option"
  /** NATS rejected a request for any other reason. */
  | "failed";

/** The error of the cluster. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ClusterError";
    this.code = code;
  }
}

/** Whether an error is one of the cluster with a code. */
export function hasCode(error: unknown, code: ClusterErrorCode): error is ClusterError {
  return error instanceof ClusterError && error.code === code;
}
