import { msgpackFastPath } from "#stocks/msgpack-fast-path";
import { channelsByType, type StreamSchema } from "../wire/stream-schema.ts";
import { CHANNEL_BY_LETTER, CHANNELS, HOT_CHANNELS, SUBSCRIBABLE_CHANNELS, TRAITS } from "./channels.ts";
import { jsonFastPath } from "./json-fast-path.ts";
import { readRecord } from "./read-record.ts";

/** The stream of US stocks (`v2` of Alpaca's market data stream), to read. */
export const STOCK_STREAM: StreamSchema = {
  channels: CHANNELS,
  subscribable: SUBSCRIBABLE_CHANNELS,
  hot: HOT_CHANNELS,
  traits: TRAITS,
  channelByType: channelsByType(CHANNEL_BY_LETTER),
  read: readRecord,
  fastPaths: { msgpack: msgpackFastPath, json: jsonFastPath },
};
