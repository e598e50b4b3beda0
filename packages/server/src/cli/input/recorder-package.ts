import type * as Recorder from "@tickerplant/recorder";
import { importRecorder } from "../../recorder-package.ts";
import { failure } from "../output/exit.ts";

/**
 * Loads the recorder for a command.
 *
 * @throws CommandError that says what to install.
 */
export async function loadRecorder(): Promise<typeof Recorder> {
  try {
    return await importRecorder();
  } catch (error) {
    throw failure((error as Error).message, error); // what importRecorder throws
  }
}
