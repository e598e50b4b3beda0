// Runs the suite in a page, which comes from the control server itself.
import { runCases } from "./case.ts";
import { Control } from "./control.ts";
import { SUITE } from "./suite.ts";

await runCases(SUITE, new Control(location.origin));
