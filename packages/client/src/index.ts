export { type Runtime, systemRuntime, type Timer } from "./runtime.ts";
