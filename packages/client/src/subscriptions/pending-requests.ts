import * as LIMITS from "../limits.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/** A request that was sent to the server. */
export interface PendingRequest {
  readonly action: "subscribe" | "unsubscribe";
  readonly entries: ReadonlySet<LedgerEntry>;
  /** When it counts as unanswered, in milliseconds of the session's clock. */
  readonly deadlineMs: number;
}

/**
 * The requests to which answers may still come, on one connection: the outstanding one, and those
 * that timed out. Answers carry no id, but come in the order of the requests.
 */
export class PendingRequests {
  #outstanding: PendingRequest | undefined;
  /** Requests that timed out, oldest first: their answers may yet come. */
  #late: PendingRequest[] = [];

  /** The request whose answer is awaited. */
  get outstanding(): PendingRequest | undefined {
    return this.#outstanding;
  }

  /** A request was sent. Answers that are late for too long by then are not awaited any more. */
  sent(request: PendingRequest): void {
    this.#outstanding = request;
    this.#late = this.#late.filter(({ deadlineMs }) => request.deadlineMs - deadlineMs < LIMITS.lateAnswerMs);
  }

  /** Whether the outstanding request is about an entry, with this action. */
  asks(action: PendingRequest["action"], entry: LedgerEntry): boolean {
    return this.outstanding?.action === action && this.outstanding.entries.has(entry);
  }

  /** Whether the outstanding request concerns an entry. */
  concerns(entry: LedgerEntry): boolean {
    return this.outstanding?.entries.has(entry) ?? false;
  }

  /** Whether a request to unsubscribe an entry may still take effect. */
  isLeaving(entry: LedgerEntry): boolean {
    return (
      this.asks("unsubscribe", entry) ||
      this.#late.some(({ action, entries }) => action === "unsubscribe" && entries.has(entry))
    );
  }

  /** Removes and returns the outstanding request: an error answers it. */
  finish(): PendingRequest | undefined {
    const outstanding = this.#outstanding;
    this.#outstanding = undefined;
    return outstanding;
  }

  /** Removes and returns the outstanding request: it was not answered in time. */
  timeOut(): PendingRequest | undefined {
    const outstanding = this.finish();
    if (outstanding !== undefined) this.#late.push(outstanding);
    return outstanding;
  }

  /**
   * Removes and returns the outstanding request if an acknowledgement answers it. While answers to
   * requests that timed out may still arrive, it answers the first request that its symbols fit, and those
   * before are settled; so is the outstanding one if all from there on fit. Otherwise it answers the outstanding one.
   * An acknowledgement that still has unsubscribed symbols is older, after an error that answered no request.
   */
  finishAnswered(isListed: (entry: LedgerEntry) => boolean): PendingRequest | undefined {
    const pending = this.outstanding === undefined ? this.#late : [...this.#late, this.outstanding];
    const fits = pending.map(({ action, entries }) =>
      [...entries].every((entry) => isListed(entry) === (action === "subscribe")),
    );
    const fitting = fits.indexOf(true);
    const isLate = fitting < 0 ? this.#late.length > 0 : fitting < this.#late.length;
    const late = this.#late[fitting];
    this.#late = isLate ? this.#late.slice(Math.max(fitting, 0) + 1) : [];
    if (late && !fits.includes(false, fitting)) {
      // It may answer the outstanding request, if the late answer was lost; otherwise that one's answer still comes. It is
      // awaited no longer than the late one: one lost answer must not be awaited forever.
      const outstanding = this.finish();
      if (outstanding !== undefined) this.#late.push({ ...outstanding, deadlineMs: late.deadlineMs });
      return outstanding;
    }
    const isEarlier = fitting < 0 && this.#outstanding?.action === "unsubscribe";
    return isLate || isEarlier ? undefined : this.finish();
  }

  /** Removes all: the connection is lost. */
  clear(): void {
    this.#outstanding = undefined;
    this.#late = [];
  }
}
