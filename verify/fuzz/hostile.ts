const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

/** `{T: "t", S: "A"` of a trade with so many keys, in msgpack. */
const TRADE = (keys: number): string => `91 ${(0x80 | keys).toString(16)} a154a174 a153a141`;

/** A header of each msgpack type that claims far more than follows. */
export const HUGE_CLAIMS: readonly Uint8Array[] = [
  "dd ffffffff",
  "dc ffff",
  "91 df ffffffff",
  "91 df 80000000",
  "91 de ffff",
  "91 81 db ffffffff",
  "91 82 a154a174 a153 db ffffffff",
  "91 82 a154a174 a153 da ffff",
  "91 82 a154a174 a153 d9 ff",
  "91 82 a154a174 a153 c6 ffffffff",
  "91 82 a154a174 a153 c5 ffff",
  "91 82 a154a174 a153 c4 ff",
  `${TRADE(3)} a163 dd ffffffff`,
  `${TRADE(3)} a163 dc ffff`,
  `${TRADE(3)} a163 9f`,
  `${TRADE(3)} a179 dd ffffffff`,
  `${TRADE(3)} a179 df ffffffff`,
  `${TRADE(3)} a179 de ffff`,
  `${TRADE(3)} a179 c9 ffffffff 05`,
  `${TRADE(3)} a179 c8 ffff 05`,
  `${TRADE(3)} a179 c7 ff 05`,
  `${TRADE(3)} a174 c9 ffffffff ff`,
  `${TRADE(3)} a174 c7 ff ff`,
  "91 82 a154 ac737562736372697074696f6e a6747261646573 dd ffffffff",
  "91 82 a154 ac737562736372697074696f6e a6747261646573 91 db ffffffff",
  "91 83 a154a16f a153a141 a162 dd ffffffff", // levels of an order book
  "91 83 a154a16f a153a141 a162 91 df ffffffff",
  "82 a6616374696f6e a9737562736372696265 a6747261646573 dd ffffffff",
].map(hex);

/** Unusual JSON. */
const ODD_JSON: readonly string[] = [
  "[",
  "{",
  "[{}]",
  "[]",
  "{}",
  "[[]]",
  '[null,true,false,1,"",{},[]]',
  '[{"T":"t"}]',
  '[{"T":""}]',
  '[{"T":null}]',
  '[{"S":"A","t":"2025-06-02T14:00:00Z","p":1,"T":"i"}]',
  '[{"T":"i","S":"A","p":1e309,"t":"2025-06-02T14:00:00Z"}]',
  '[{"T":"i","S":"A","p":-0,"t":"2025-06-02T14:00:00Z"}]',
  '[{"T":"i","S":"A","p":0.000000000000000000000000000001,"t":"2025-06-02T14:00:00+14:00"}]',
  '[{"T":"t","S":"A","p":1,"i":18446744073709551616,"t":"0000-01-01T00:00:00Z"}]',
  '[{"T":"t","S":"A","p":1,"i":-9223372036854775808,"t":"9999-12-31T23:59:59.999999999Z"}]',
  '[{"T":"t","S":"\\u0041","p":1,"c":["\\ud800","\\n",null],"t":"2025-06-02T14:00:00.1234567890Z"}]',
  '[{"T":"t","__proto__":{"S":"A"},"constructor":1,"S":"A","p":1,"t":"2024-02-29T14:00:00Z"}]',
  '[{"T":"error","code":"x","msg":1}]',
  '[{"T":"error","code":1e400,"msg":"x"}]',
  ...['{"p":{"toString":1},"s":1}', '{"p":1,"s":[]}', '{"p":1,"s":true}', '{"p":"","s":1}'].map(
    (level) => `[{"T":"o","S":"BTC/USD","t":"2025-06-02T14:00:00Z","b":[${level}],"a":[]}]`,
  ),
  '[{"T":"subscription","trades":"A"}]',
  '[{"T":"subscription","trades":[1],"quotes":null}]',
  '{"action":"subscribe","trades":{"length":4294967295}}',
  '{"action":"auth","key":{},"secret":[]}',
  '{"action":"subscribe","__proto__":["A"],"toString":["A"]}',
  '\ufeff[{"T":"success","msg":"connected"}]',
  ' \t\r\n[ { "T" : "success" , "msg" : "connected" } ] ',
];

/** Frames of an attacker, which mutation of valid frames hardly produces. */
export function hostileFrames(): Uint8Array[] {
  const text = ODD_JSON.map((json) => Buffer.from(json));
  const nested = [9, 64, 1000].flatMap((depth) => [
    Buffer.from(`[{"T":"success","y":${"[".repeat(depth)}${"]".repeat(depth)}}]`),
    Buffer.from(
      `[{"T":"t","S":"A","y":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},"p":1,"t":"2025-06-02T14:00:00Z"}]`,
    ),
    Buffer.concat([hex(`${TRADE(5)} a179`), Buffer.alloc(depth, 0x91), hex("c0 a17001 a174d6ff683dae60")]),
    Buffer.concat([hex("91 82 a154 a773756363657373 a179"), Buffer.alloc(depth, 0x91), hex("c0")]),
  ]);
  const utf8 = ["ff", "c0af", "eda080", "f4908080", "e282", "efbbbf41"].map((bytes) =>
    hex(`91 84 a154a169 a153 a${bytes.length / 2} ${bytes} a17001 a174d6ff683dae60`),
  );
  const floats = ["7ff0000000000000", "7ff8000000000000", "8000000000000000", "0000000000000001"].flatMap((bits) => [
    hex(`91 84 a154a169 a153a141 a170cb${bits} a174d6ff683dae60`),
    hex(`91 83 a154a56572726f72 a4636f6465cb${bits} a36d7367a0`),
  ]);
  return [...HUGE_CLAIMS, ...text, ...nested, ...utf8, ...floats];
}
