import { type AnyRecord, exchangeName } from "@tickerplant/client";
import { formatNanoseconds } from "@tickerplant/client/wire";
import { printable } from "./printable.ts";

/** Formats a record as one line of text: time, symbol, values. Safe to show on a terminal. */
export function plainLine(record: AnyRecord): string {
  return printable(`${formatNanoseconds(record.seconds, record.nanos)} ${record.symbol} ${valuesOf(record)}`);
}

function valuesOf(record: AnyRecord): string {
  switch (record.channel) {
    case "trades":
      return `trade ${record.price} x ${record.size} on ${exchangeName(record.exchange) ?? record.exchange} [${record.conditions.join(",")}]`;
    case "quotes": {
      const { bidPrice, bidSize, bidExchange, askPrice, askSize, askExchange } = record;
      return `quote ${bidPrice} x ${bidSize} ${bidExchange} / ${askPrice} x ${askSize} ${askExchange}`;
    }
    case "bars":
    case "updatedBars":
    case "dailyBars": {
      const name = { bars: "bar", updatedBars: "updated bar", dailyBars: "daily bar" }[record.channel];
      const { open, high, low, close, volume } = record;
      return `${name} open ${open} high ${high} low ${low} close ${close} volume ${volume}`;
    }
    case "statuses": {
      const reason = record.reasonMessage === "" ? "" : ` (${record.reasonMessage})`;
      return `status ${record.statusCode} ${record.statusMessage}${reason}`;
    }
    case "lulds":
      return `price band ${record.limitDownPrice} to ${record.limitUpPrice} (${record.indicator})`;
    case "imbalances":
      return `imbalance at ${record.price}`;
    case "corrections": {
      const { originalId, originalPrice, originalSize, correctedPrice, correctedSize } = record;
      return `correction of trade ${originalId}: ${originalPrice} x ${originalSize} is ${correctedPrice} x ${correctedSize}`;
    }
    case "cancelErrors":
      return `cancel of trade ${record.id}: ${record.price} x ${record.size} (${record.action})`;
  }
}
