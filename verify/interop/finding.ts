/** The result of a scenario for one client. */
export interface Finding {
  /** The row of the table. */
  readonly title: string;
  readonly outcome: "passed" | "failed" | "not modelled";
  /** The reason, unless it passed. */
  readonly reason?: string;
}

/** Runs a check; an error that it throws is the reason of the failure. */
export async function check(title: string, body: () => Promise<void> | void): Promise<Finding> {
  try {
    await body();
    return { title, outcome: "passed" };
  } catch (error) {
    return { title, outcome: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The result for a feature that a client lacks. */
export function notModelled(title: string, reason: string): Finding {
  return { title, outcome: "not modelled", reason };
}
