import type { DemandChange, DemandRequest } from "../../../src/feeds/feed.ts";
import { ManualFeed } from "./manual-feed.ts";

/** A feed that carries what is demanded, once the test has confirmed it. */
export class DemandFeed extends ManualFeed {
  /** Every change, as it came. */
  readonly changes: DemandChange[] = [];
  /** Requests that were not answered yet, the oldest first. */
  readonly requests: DemandRequest[] = [];

  demand(change: DemandChange): void {
    this.changes.push(change);
    this.requests.push(...change.requests);
  }

  /** Confirms the oldest request. */
  confirm(): void {
    this.#next().confirm();
  }

  /** Rejects the oldest request. */
  reject(number: number, message = "rejected upstream"): void {
    this.#next().reject({ number, message });
  }

  #next(): DemandRequest {
    const request = this.requests.shift();
    if (request === undefined) throw new Error("no request waits");
    return request;
  }
}
