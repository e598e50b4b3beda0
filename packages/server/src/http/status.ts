import type { Gateway } from "../gateway/gateway.ts";
import type { HttpHandler, HttpResponse } from "../gateway/http-route.ts";

/** The path of the report. */
export const STATUS_PATH = "/status.json";

const UNAUTHORIZED: HttpResponse = {
  status: 401,
  body: "The status is for the gateway's keys: send APCA-API-KEY-ID and APCA-API-SECRET-KEY as for history.\n",
};

const FORBIDDEN: HttpResponse = { status: 403, body: "This origin is not allowed.\n" };

/**
 * Makes the handler of `/status.json`: the gateway's report, of the feeds that the key of the request is entitled to.
 * It names other clients' keys, so that it needs credentials, as the history does; pages of other origins cannot read it.
 */
export function status(gateway: Gateway): HttpHandler {
  return (request) => {
    if (!gateway.allowsOrigin(request)) return FORBIDDEN;
    const entitlement = gateway.entitlementOf(request);
    if (entitlement === undefined) {
      gateway.reportRejection(UNAUTHORIZED, { path: STATUS_PATH });
      return UNAUTHORIZED;
    }
    const headers = { "Content-Type": "application/json" };
    return { status: 200, headers, body: `${JSON.stringify(gateway.report(entitlement.feeds))}\n` };
  };
}
