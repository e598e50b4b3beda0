/**
 * Does one task of a recorder, in a process of its own, and sends the result to its parent.
 *
 * Usage: task-process.js TASK, which is JSON
 */
import { constants, setPriority } from "node:os";
import { compactFeed, Merge } from "../compaction/compact-feed.ts";
import { promoteSegment } from "../promotion/promote-segment.ts";
import { promotionError } from "../promotion/promotion-error.ts";
import type { RecorderError } from "../recorder-error.ts";
import type { Task, TaskResult } from "./task.ts";

// Ctrl-C reaches both processes: the recorder decides when this one ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
// Without a recorder, which may have ended while this program was loaded, the next one repeats the task.
if (process.connected) process.on("disconnect", end);
else end();
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // the recording has the processor first
} catch {
  // Some systems do not permit it.
}

const task = JSON.parse(process.argv[2] ?? "") as Task; // written by startTask
process.send?.(await resultOf(task), () => process.exit());

/** Ends the process, even if DuckDB is at work in another thread. */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

async function resultOf(task: Task): Promise<TaskResult> {
  if (task.type === "promote") return promoted(task.segment, task.folder);
  const { files, errors } = await compactFeed(task.folder, task.today, Merge.WORTHWHILE);
  return { files, errors: errors.map(sendable) };
}

async function promoted(segment: string, folder: string): Promise<TaskResult> {
  try {
    return { files: await promoteSegment(segment, folder), errors: [] };
  } catch (error) {
    return { files: [], errors: [sendable(promotionError(segment, error))] };
  }
}

function sendable({ code, message }: RecorderError): TaskResult["errors"][number] {
  return { code, message };
}
