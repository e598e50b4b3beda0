import type { Channel } from "@tickerplant/client";
import type { FeedReport, GapReport } from "tickerplant/report";
import { feedReport, type GatewayAbsence, type GatewayReports } from "../gateway/gateway-status.ts";
import type { Cause, GapLedger } from "../market/gap-ledger.ts";

/**
 * The gaps between the gateway and its source. While the source is lost, a gap grows; those that the gateway has filled
 * before it sent later records are in its report alone, so that the stream of the page knows nothing of them.
 */
export class GatewayGaps {
  readonly #ledger: GapLedger;
  readonly #feed: string;

  constructor(ledger: GapLedger, feed: string) {
    this.#ledger = ledger;
    this.#feed = feed;
  }

  /** Reads the newest report of the gateway. */
  read(latest: GatewayReports | GatewayAbsence, nowMs: number): void {
    const feed = feedReport(latest, this.#feed);
    if (feed === undefined) return;
    const { problem, upstream, gaps } = feed;
    if (problem === undefined || upstream === undefined) this.#ledger.back("gateway");
    else this.#ledger.lost(nowMs - (upstream.sinceMs ?? 0), lossOf(feed), "gateway");
    for (const gap of gaps.toReversed()) {
      const { channel, from, to, filledCount } = gap;
      this.#ledger.reported({
        channel: channel as Channel, // of the feeds of stocks, which the page knows
        symbols: ["*"], // the report has their number alone
        from: new Date(from),
        to: new Date(to),
        cause: causeOf(gap, feed),
        recordCount: filledCount,
      });
    }
  }
}

/** Why the source is lost, in the gateway's words. */
function lossOf({ upstream, problem = "" }: FeedReport): Cause {
  const { code, message } = upstream?.losses[0] ?? { code: "unknown", message: problem };
  return asCause(code, message);
}

/** Why records were missing. The report of a gap that was filled does not say: then it was the loss before its end. */
function causeOf({ cause, to }: GapReport, feed: FeedReport): Cause {
  const loss = feed.upstream?.losses.find(({ at }) => Date.parse(at) <= Date.parse(to));
  const { code, message } = cause ?? loss ?? { code: "unknown", message: "the gateway lost its source" };
  return asCause(code, message);
}

/** The gateway's codes are those of the client. */
function asCause(code: string, message: string): Cause {
  return { code: code as Cause["code"], message, closeCode: undefined, status: undefined, serverCode: undefined };
}
