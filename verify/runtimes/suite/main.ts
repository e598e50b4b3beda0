// Runs the suite in Node, Bun or Deno: `node main.js ORIGIN`, the address of the control server.
import { runCases } from "./case.ts";
import { Control } from "./control.ts";
import { SUITE } from "./suite.ts";

await runCases(SUITE, new Control(process.argv[2] ?? ""));
