import { named } from "../../feeds/cluster/carried-symbols.ts";
import type { IngestEvent } from "../../ingest/ingest-event.ts";
import { logGap, logSource } from "./gateway-log.ts";
import type { Log } from "./log.ts";

/** Returns the `onEvent` of an ingest that logs what happens to it. */
export function ingestLog(log: Log, feed: string): (event: IngestEvent) => void {
  return (event) => {
    switch (event.type) {
      case "following": {
        const { ingest, epoch } = event.leader;
        return log.info(`${feed}: ${ingest.name} leads, epoch ${epoch}; this ingest is ready to take over`, {
          type: event.type,
          feed,
          leader: ingest.name,
          epoch,
        });
      }
      case "leading": {
        const { type, epoch, resumedMs } = event;
        const from = resumedMs === undefined ? "" : `, and continues behind ${new Date(resumedMs).toISOString()}`;
        return log.info(`${feed}: this ingest leads, epoch ${epoch}${from}`, { type, feed, epoch });
      }
      case "stoppedLeading": {
        const { type, epoch, cause } = event;
        const reason = cause?.message;
        const text = `${feed}: this ingest leads no longer, epoch ${epoch}`;
        if (reason === undefined) return log.info(text, { type, feed, epoch });
        return log.warn(`${text}: ${reason}`, { type, feed, epoch, cause: reason });
      }
      case "source":
        return logSource(log, [feed], event.event);
      case "gap":
        return logGap(log, [feed], event.gap);
      case "rejected": {
        const { type, symbols, number, message } = event;
        return log.warn(`${feed}: the source rejects ${named(symbols, ", ")}: ${number} ${message}`, {
          type,
          feed,
          number,
          message,
        });
      }
      case "failed":
        return log.warn(`${feed}: ${event.error.message}`, { type: event.type, feed, error: event.error.message });
      case "ended":
        return log.info(`${feed}: the source has ended`, { type: event.type, feed });
    }
  };
}
