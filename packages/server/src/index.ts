export type { Feed, FeedSink } from "./feeds/feed.ts";
