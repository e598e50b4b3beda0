// Reads all records of a Parquet file, and sends how many there are, whether they are in order, and the memory it took.
import { RecordingReader } from "@tickerplant/recorder";

const [path, order] = process.argv.slice(2);
const reader = await RecordingReader.open(path);
let rowCount = 0;
let isOrdered = true;
for await (const { records, sequences } of reader.read({ order })) {
  for (const [index, { symbol }] of records.entries()) {
    const number = rowCount + index;
    if (sequences[index] !== number || symbol !== `S${number % 3000}`) isOrdered = false;
  }
  rowCount += records.length;
}
reader.close();
process.send({ rowCount, isOrdered, maxRssMb: process.resourceUsage().maxRSS / 1024 });
