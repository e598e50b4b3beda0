import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { file, idsOf, linesOf, play, reportsOf, tradesAt } from "../support/recordings.ts";

const trades = tradesAt(...Array.from({ length: 20 }, (_, index) => index * 100));
const text = linesOf(trades);
const ids = trades.map(({ id }) => id);

function utf16(content: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(content, "utf16le");
  return isBigEndian ? bytes.swap16() : bytes;
}

/** The head of a file in a tar archive, and its content. */
function tar(content: string): Buffer {
  const head = Buffer.alloc(512);
  head.write("day.jsonl", 0);
  head.write("ustar", 257);
  return Buffer.concat([head, Buffer.from(content)]);
}

describe("encodings of replayed files", () => {
  const MARK = "\uFEFF";

  test.each([
    ["UTF-16, little-endian, as PowerShell 5 writes it", utf16(MARK + text.replaceAll("\n", "\r\n"), false)],
    ["UTF-16, big-endian", utf16(MARK + text, true)],
    ["UTF-16, little-endian, without a byte order mark", utf16(text, false)],
    ["UTF-16, big-endian, without a byte order mark", utf16(text, true)],
    ["UTF-8 with a byte order mark", MARK + text],
    ["UTF-8 with a blank line first", `\r\n \n${text}`],
  ])("a replay reads %s, plain and gzip", async (_kind, content) => {
    expect(await reportsOf([file(content)])).toEqual({ ids, problems: [], notices: [] });
    expect(await idsOf([file(gzipSync(content))])).toEqual(ids);
  });

  test("a replay reads concatenated files that each have a byte order mark", async () => {
    expect(await idsOf([file(`${MARK}${text.split("\n")[0]}\n`.repeat(3))])).toEqual([0, 0, 0]);
    const halves = [utf16(MARK + text, false), utf16(MARK + text, false)];
    expect(await idsOf([file(Buffer.concat(halves))])).toEqual([...ids, ...ids]);
  });

  test("a replay reads UTF-16 whose characters are split between chunks", async () => {
    const long = linesOf(tradesAt(...Array.from({ length: 5_000 }, (_, index) => index)));
    const noted = long.replaceAll("{", '{"note":"é😀",');
    expect(await idsOf([file(utf16(` ${noted}`, false))])).toHaveLength(5_000);
  });
});

describe("files of other formats", () => {
  const restTrade = { t: "2025-11-14T14:30:00Z", x: "V", p: 1.25, s: 100, c: ["@"], i: 1, z: "C" };
  const rows = Array.from({ length: 500 }, (_, index) => `2025-11-14 14:30:00,${index},1.25`);
  const csv = `time,open,close\n${rows.join("\n")}\n`;

  test.each<[string, string | Uint8Array, string]>([
    ["CSV of another tool", csv, 'it looks like CSV with the header "time,open,close"'],
    ["CSV with semicolons", "Date;Close\n2025-11-14;1,5\n", 'it looks like CSV with the header "Date;Close"'],
    ["a table with tabs", "Date\tClose\n2025-11-14\t1.5\n", "it looks like a table with tabs"],
    ["gzip of CSV", gzipSync(csv), "it looks like CSV with the header"],
    ["UTF-16 of CSV", utf16(`\uFEFF${csv}`, false), "it looks like CSV with the header"],
    [
      "pretty-printed array",
      JSON.stringify([restTrade], null, 2),
      "over several lines; write one record per line, for example with jq -c '.[]'",
    ],
    ["pretty-printed objects", `${JSON.stringify(restTrade, null, 2)}\n`.repeat(50), "for example with jq -c ."],
    [
      "REST of several symbols",
      JSON.stringify({ trades: { AAPL: [restTrade] }, next_page_token: null }),
      "it looks like a response of Alpaca's REST API",
    ],
    [
      "REST of several symbols, pretty-printed",
      JSON.stringify({ quotes: { AAPL: [restTrade] } }, null, 2),
      '{T:"q",S:$s}',
    ],
    ["REST of one symbol", JSON.stringify({ bars: [restTrade], symbol: "AAPL" }), '{T:"b",S:$s}'],
    ["REST of one symbol, with that first", JSON.stringify({ symbol: "AAPL", trades: [restTrade] }), '{T:"t",S:$s}'],
    [
      "REST in one line over the limit",
      JSON.stringify({ trades: { A: Array(20_000).fill(restTrade) } }),
      "1048576 bytes: it looks like a response of Alpaca's REST API",
    ],
    [
      "JSON lines without types",
      '{"symbol":"AAPL","price":1}\n',
      'it has JSON without the type field T of the wire, with the keys "symbol price"',
    ],
    [
      "JSON of the client's records",
      '{"channel":"trades","symbol":"AAPL","timestamp":"2025-11-14T14:30:00Z","price":1}\n',
      "it has the JSON of the client's record objects; write the JSON of the wire, as tickerplant stream --format jsonl does",
    ],
    ["records without times", '{"T":"t","S":"AAPL","p":1,"s":1}\n', 'of the type "t": expected a time t, got none'],
    ["Python dicts", "{'T': 't', 'S': 'AAPL'}\n", "looks like Python dicts; write each as one line with json.dumps"],
    [
      "the second half of our own CSV",
      "trades,AAPL,2025-11-14T14:30:00Z,1,V,1.25,100,@,C,\n",
      "looks like CSV of tickerplant stream without its header",
    ],
    [
      "msgpack",
      Buffer.from("9281a15491a174".repeat(100), "hex"),
      "is binary, or text that is neither UTF-8 nor UTF-16",
    ],
    ["Latin-1", Buffer.from("Aktie;Bör\nA;1\n", "latin1"), "neither UTF-8 nor UTF-16"],
    ["a tar archive", tar(text), "it is a tar archive"],
    ["a tar archive in gzip", gzipSync(tar(text)), "it is a tar archive"],
    ["a web page", "<!DOCTYPE html>\n<html></html>\n", "it looks like HTML or XML"],
    ["any text", "hello\n", 'it starts with "hello"'],
    ["binary", Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251)), "it is binary, not text"],
    ["zip", Buffer.from("PK\x03\x04\x14\x00\x00\x00", "latin1"), "it is a zip archive or a spreadsheet"],
    ["Parquet", Buffer.from("PAR1\x15\x04\x15\x00", "latin1"), "it is a Parquet file"],
    ["zstd", Buffer.from("28b52ffd04000000", "hex"), "it is packed with zstd"],
    ["gzip within gzip", gzipSync(gzipSync(text)), "it is gzip within gzip"],
    ["UTF-32", Buffer.from(`${[...text].join("\0\0\0")}\0\0\0`), "it is UTF-32; save it as UTF-8"],
    [
      "our own CSV without a readable row",
      "channel,symbol,timestamp\ntrades,A,never\n",
      'it is CSV of tickerplant stream without a readable row: expected an RFC 3339 time as timestamp, got "never"',
    ],
  ])("a replay of a file of another format fails with a description: %s", async (_kind, content, message) => {
    const path = file(content);
    const problems: unknown[] = [];
    const failure = await play([path], { onBadLine: (problem) => problems.push(problem) }).catch(String);
    expect(failure).toMatch(/^Error: cannot (replay|read) /);
    expect(failure).toContain(path);
    expect(failure).toContain(message);
    expect(failure).not.toContain("msgpack");
    expect(problems).toEqual([]); // the error alone reports it
  });

  test("a replay of a file of another format fails as soon as that is certain", async () => {
    const lines = "a,b\n".repeat(50_000);
    let share = 0;
    const run = play([file(lines + text)], { onProgress: (progress) => (share = progress.share ?? 0) });
    await expect(run).rejects.toThrow('looks like CSV with the header "a,b"');
    expect(share).toBe(0);
  });

  test("a replay without a record fails with the name and description of each file", async () => {
    const empty = [file(""), file("\n \r\n"), file(gzipSync("")), file("\uFEFF")];
    for (const path of empty) await expect(play([path])).rejects.toThrow(`no record to replay: ${path} is empty`);
    const control = file('{"T":"success","msg":"connected"}\n{"T":"o","S":"A"}\n');
    await expect(play([control, ...empty])).rejects.toThrow(
      `${control} starts with a message of the type "success"; ${empty[0]} is empty; ${empty[1]} is empty; and 2 more files`,
    );
  });

  test("a file without records beside one with records is reported and does not fail the replay", async () => {
    const [empty, control] = [file(""), file('{"T":"success","msg":"connected"}\n')];
    const { ids: read, notices } = await reportsOf([empty, file(text), control]);
    expect(read).toEqual(ids);
    expect(notices).toEqual([
      { type: "empty", file: empty, description: "is empty" },
      { type: "empty", file: control, description: 'starts with a message of the type "success"' },
    ]);
  });

  test("a file of another format beside one with records fails the replay before anything is published", async () => {
    const published: unknown[] = [];
    const run = play([file(text), file(csv)], { onProgress: (progress) => published.push(progress) });
    await expect(run).rejects.toThrow("looks like CSV");
    expect(published).toEqual([]);
  });
});

describe("unreadable lines", () => {
  const good = text.split("\n").slice(0, -1);

  test("up to a tenth of unreadable lines are skipped and reported", async () => {
    const { ids: read, problems } = await reportsOf([file([...good.slice(0, 18), "junk", "{"].join("\n"))]);
    expect(read).toHaveLength(18);
    expect(problems.map((problem) => problem.line)).toEqual([19, 20]);
  });

  test("more than a tenth of unreadable lines fail the replay at its end, without counting blank lines", async () => {
    const content = [...good.slice(0, 17), "junk", "junk", "{"].join("\n\n\n\n");
    const path = file(content);
    const published: unknown[] = [];
    const run = play([path], { onProgress: ({ recordCount }) => published.push(recordCount) });
    await expect(run).rejects.toThrow(`3 of 20 lines are not records, most of them in ${path}`);
    expect(published.at(-1)).toBe(17);
  });

  test("too many unreadable lines fail a looping replay at the end of its first round", async () => {
    const run = play([file(`${good[0]}\njunk`)], { loop: true });
    await expect(run).rejects.toThrow("1 of 2 lines are not records");
  });

  test.each([
    ["that are all in one line", text.replaceAll("\n", "")],
    ["with the line ends of old Macs", text.replaceAll("\n", "\r")],
  ])("the error for records %s describes the file", async (_how, content) => {
    await expect(play([file(content)])).rejects.toThrow(
      "has several JSON documents in one line; write one record per line, for example with jq -c .",
    );
  });

  test("the error for a JSON array with one record per line describes the file", async () => {
    await expect(play([file(`[\n${good.join(",\n")}\n]\n`)])).rejects.toThrow("one JSON document over several lines");
  });

  test("one unreadable record in an array of records loses no other record", async () => {
    const frames = Array.from({ length: 5 }, () => `[${[...good, "7"].join(",")}]`);
    const { ids: read, problems } = await reportsOf([file(frames.join("\n"))]);
    expect(read).toHaveLength(100);
    expect(problems).toHaveLength(5);
  });

  test("unreadable lines before the first record are reported once there is a record", async () => {
    const { problems } = await reportsOf([file(["# recorded by me", ...good].join("\n"))]);
    expect(problems).toMatchObject([
      { line: 1, error: { message: expect.stringContaining('got "# recorded by me"') } },
    ]);
  });
});
