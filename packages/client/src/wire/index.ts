// Records

export * from "./channels.ts";
export * from "./limits.ts";
export * from "./records.ts";
export * from "./stream-error.ts";
export * from "./timestamp.ts";
