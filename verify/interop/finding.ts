/** What a scenario found out about a client. */
export interface Finding {
  /** The row of the table. */
  readonly title: string;
  readonly outcome: "passed" | "failed" | "not modelled";
  /** Why, where it is not passed. */
  readonly reason?: string;
}

/** Runs a check; whatever it throws is why the client failed. */
export async function check(title: string, body: () => Promise<void> | void): Promise<Finding> {
  try {
    await body();
    return { title, outcome: "passed" };
  } catch (error) {
    return { title, outcome: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The finding where a client cannot be asked. */
export function notModelled(title: string, reason: string): Finding {
  return { title, outcome: "not modelled", reason };
}
