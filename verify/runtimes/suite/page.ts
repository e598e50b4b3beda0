// Runs the suite in a page of the control server.
import { runCases } from "./case.ts";
import { Control } from "./control.ts";
import { SUITE } from "./suite.ts";

await runCases(SUITE, new Control(location.origin));
