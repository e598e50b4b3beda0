import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { ClusterError } from "@tickerplant/cluster";
import { expect, test } from "vitest";
import { isNotEnabled, natsError } from "../../src/nats/nats-errors.ts";

function ofApi(code: number, err_code: number, description: string): JetStreamApiError {
  return new JetStreamApiError({ code, err_code, description });
}

// Numbers and texts: nats-server 2.15.3, server/errors.json.
test.each([
  [ofApi(400, 10002, "resource limits exceeded for account"), "no_room"],
  [ofApi(400, 10005, "no suitable peers for placement"), "different_stream"],
  [ofApi(503, 10008, "JetStream system temporarily unavailable"), "unreachable"],
  [ofApi(500, 10009, "JetStream cluster can not handle request"), "unreachable"],
  [ofApi(503, 10023, "insufficient resources"), "no_room"],
  [ofApi(503, 10039, "JetStream not enabled for account"), "no_jetstream"],
  [ofApi(500, 10047, "insufficient storage resources available"), "no_room"],
  [ofApi(400, 10058, "stream name already in use with a different configuration"), "different_stream"],
  [ofApi(404, 10059, "stream not found"), "no_stream"],
  [ofApi(400, 10071, "wrong last sequence: 7"), "fenced"],
  [ofApi(503, 10077, "maximum bytes exceeded"), "no_room"],
  [ofApi(500, 10118, "stream is offline"), "unreachable"],
  [ofApi(400, 10054, "message size exceeds maximum allowed"), "failed"],
  [ofApi(503, 19999, "of a later version"), "unreachable"],
  [new errors.TimeoutError(), "unreachable"],
  [new errors.AuthorizationError("Authorization Violation"), "not_allowed"],
  [new errors.RequestError("", { cause: new errors.PermissionViolationError("no", "publish", "x") }), "not_allowed"],
  [new errors.RequestError("", { cause: new errors.NoRespondersError("x") }), "unreachable"],
  [new errors.ClosedConnectionError(), "unreachable"],
  [new errors.InvalidArgumentError("no"), "invalid_option"],
  ["not an error", "unreachable"],
] as const)("%s of NATS is reported as %s", (cause, code) => {
  const error = natsError("could not append", cause);
  expect(error).toBeInstanceOf(ClusterError);
  expect([error.code, error.cause, error.message]).toEqual([code, cause, expect.stringMatching(/^could not append: /)]);
});

test("an error of the cluster is passed on as it is", () => {
  const error = new ClusterError("fenced", "another leads");
  expect(natsError("could not append", error)).toBe(error);
});

test("a JetStream that does not answer a message is reported as unreachable, because it may be starting", () => {
  const cause = Object.assign(new Error("jetstream is not enabled"), { name: "JetStreamNotEnabled" });
  expect([isNotEnabled(cause), isNotEnabled(new Error())]).toEqual([true, false]);
  const { code, message } = natsError("could not append", cause);
  expect([code, message]).toEqual(["unreachable", expect.stringMatching(/it starts, or the server runs without it/)]);
});
