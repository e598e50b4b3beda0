import { MarketRecord, type WritableSchema } from "@tickerplant/client/wire";

/** A record of the made-up asset class: a measurement at a station, or an alarm that comes with it. */
export class Weather extends MarketRecord {
  readonly channel: "rain" | "alarms";
  readonly value: number;

  constructor(channel: "rain" | "alarms", station: string, value: number, seconds = 1_763_130_600) {
    super(station, seconds, 0);
    this.channel = channel;
    this.value = value;
  }
}

const TRAITS = { conflates: false, lengthMs: 0, spanMs: 0, sentAfterMs: 0, isPrompt: true, limited: true };
const KEY = { S: 0x53, t: 0x74, v: 0x76 };
const LETTER = { rain: 0x72, alarms: 0x61 };

/** An asset class that is as far from stocks as can be: two channels, the second of which comes with the first. */
export const WEATHER: WritableSchema = {
  channels: ["rain", "alarms"],
  subscribable: ["rain"],
  hot: ["rain", "alarms"],
  traits: {
    rain: { ...TRAITS, conflates: true, broughtBy: undefined },
    alarms: { ...TRAITS, broughtBy: "rain" },
  },
  channelByType: Array.from({ length: 128 }, (_, code) =>
    code === LETTER.rain ? "rain" : code === LETTER.alarms ? "alarms" : undefined,
  ),
  read: () => {
    throw new Error("the gateway reads no records");
  },
  fastPaths: undefined,
  write(writer, record) {
    if (!(record instanceof Weather))
      throw new TypeError(`a record of the weather needs its channel, got ${record.channel}`);
    writer.beginRecord(LETTER[record.channel], 4);
    writer.text(KEY.S, record.symbol);
    writer.count(KEY.v, record.value);
    writer.time(KEY.t, record.seconds, record.nanos);
    writer.endRecord();
  },
};
