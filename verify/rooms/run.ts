import { checkRooms } from "./check.ts";
import { CLIENT, CLUSTER, DASHBOARD, RECORDER, SERVER } from "./rooms.ts";
import { readSources } from "./source.ts";

// Prints what breaks the order of the rooms of all packages, and fails if anything does.
const messages = [CLIENT, CLUSTER, DASHBOARD, RECORDER, SERVER].flatMap((plan) =>
  checkRooms(plan, readSources(plan.root)),
);
for (const message of messages) console.error(message);
if (messages.length > 0) process.exitCode = 1;
