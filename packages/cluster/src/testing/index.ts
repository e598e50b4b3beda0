export { ModelEntries } from "./model-entries.ts";
export { ModelLog } from "./model-log.ts";
