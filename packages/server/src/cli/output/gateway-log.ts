import { isServerErrorNumber, SERVER_ERRORS } from "@tickerplant/client/wire";
import type { GatewayEvent } from "../../gateway/gateway.ts";
import type { Log } from "./log.ts";
import { counted, showCount } from "./numbers.ts";

/** Makes the `onEvent` of a gateway that logs what its clients do. */
export function gatewayLog(log: Log): (event: GatewayEvent) => void {
  return (event) => {
    switch (event.type) {
      case "connected": {
        const from = event.address === undefined ? "" : ` from ${event.address}`;
        return log.info(`client ${event.client} connected to ${event.feed} (${event.codec})${from}`, event);
      }
      case "originRefused":
        return log.warn(`a page of ${event.origin} may not connect: --allow-origin would let it`, event);
      case "authenticated": {
        const key = shortened(event.key);
        return log.info(`client ${event.client} authenticated with the key ${key}`, { ...event, key });
      }
      case "refused": {
        const { client, error, hint } = event;
        const text = isServerErrorNumber(error) ? ` ${SERVER_ERRORS[error].text}` : "";
        return log.warn(`client ${client} was refused: ${error}${text}${hint === undefined ? "" : `; ${hint}`}`, event);
      }
      case "subscribed":
      case "unsubscribed":
        return log.info(`client ${event.client} ${event.type}: ${counted(event.symbolCount, "symbol")}`, event);
      case "slow": {
        const bytes = showCount(event.bufferedBytes);
        return log.warn(`client ${event.client} is too slow and is cut off: ${bytes} bytes waited for it`, event);
      }
      case "failed": {
        const error = event.error instanceof Error ? event.error.message : String(event.error);
        return log.error(`the gateway failed on what client ${event.client} sent: ${error}`, { ...event, error });
      }
      case "left": {
        const { client, reason, untakenBytes } = event;
        if (untakenBytes === undefined) return log.info(`client ${client} is gone: ${reason}`, event);
        return log.warn(`client ${client} is gone, up to ${showCount(untakenBytes)} bytes not taken: ${reason}`, event);
      }
      case "feedEnded":
        return; // the command itself says how its feed ended
    }
  };
}

/** The beginning of a key: enough to tell one's own apart, too little to use if it was the secret by mistake. */
function shortened(key: string): string {
  return key.length <= 4 ? key : `${key.slice(0, 4)}…`;
}
