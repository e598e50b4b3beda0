import { once } from "node:events";
import type { Command } from "../shared/command.ts";

/** What is ended in the end, the newest first. */
export class Resources implements AsyncDisposable {
  #ends: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#ends.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** A command that is killed in the end. */
  command(command: Command): Command {
    this.defer(async () => {
      if (command.exitCode !== null || command.signalCode !== null) return;
      command.kill("SIGKILL");
      await once(command, "exit");
    });
    return command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
