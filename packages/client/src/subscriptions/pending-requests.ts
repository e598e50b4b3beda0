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
   * before are settled. Otherwise it answers the outstanding one. An acknowledgement that still has
   * unsubscribed symbols is older, after an error that answered no request.
   */
  finishAnswered(isListed: (entry: LedgerEntry) => boolean): PendingRequest | undefined {
    const pending = this.outstanding === undefined ? this.#late : [...this.#late, this.outstanding];
    const fits = pending.map(({ action, entries }) => {
      const mustBeListed = action === "subscribe";
      return [...entries].every((entry) => isListed(entry) === mustBeListed);
    });
    const fitting = fits.indexOf(true);
    const isLate = fitting < 0 ? this.#late.length > 0 : fitting < this.#late.length;
    if (isLate && fitting >= 0 && fits.slice(fitting).every((fit) => fit)) return this.#finishWithLate(fitting);
    this.#late = isLate ? this.#late.slice(Math.max(fitting, 0) + 1) : [];
    const isEarlier = fitting < 0 && this.#outstanding?.action === "unsubscribe";
    return isLate || isEarlier ? undefined : this.finish();
  }

  /**
   * An acknowledgement fits a late request and all others up to the outstanding one, which is settled too: its answer
   * may be this one, if the late one was lost, or may still come. Without this, each request after a lost answer
   * would wait for the next one's.
   */
  #finishWithLate(fitting: number): PendingRequest | undefined {
    const outstanding = this.finish();
    const deadlineMs = this.#late[fitting]?.deadlineMs; // not its own: one lost answer must not be awaited forever
    this.#late = this.#late.slice(fitting + 1);
    if (outstanding !== undefined && deadlineMs !== undefined) this.#late.push({ ...outstanding, deadlineMs });
    return outstanding;
  }

  /** Removes all: the connection is lost. */
  clear(): void {
    this.#outstanding = undefined;
    this.#late = [];
  }
}
