/**
 * The wire's short keys, each as one integer with its first letter in the low byte: readers compare
 * integers instead of building a string per key. This file is the only place where they are spelt;
 * PROTOCOL.md says what each means.
 */
export const Key = {
  T: 0x54,
  S: 0x53,
  t: 0x74,
  z: 0x7a,
  x: 0x78,
  i: 0x69,
  p: 0x70,
  s: 0x73,
  c: 0x63,
  r: 0x72,
  bx: 0x7862,
  bp: 0x7062,
  bs: 0x7362,
  ax: 0x7861,
  ap: 0x7061,
  as: 0x7361,
  o: 0x6f,
  h: 0x68,
  l: 0x6c,
  v: 0x76,
  n: 0x6e,
  vw: 0x7776,
  sc: 0x6373,
  sm: 0x6d73,
  rc: 0x6372,
  rm: 0x6d72,
  u: 0x75,
  d: 0x64,
  oi: 0x696f,
  op: 0x706f,
  os: 0x736f,
  oc: 0x636f,
  ci: 0x6963,
  cp: 0x7063,
  cs: 0x7363,
  cc: 0x6363,
  a: 0x61,
} as const;

/** What `Reader.nextKey` returns after the last key of a message. */
export const NO_KEY = -1;

/** What `Reader.nextKey` returns for a key longer than any that a record has. */
export const LONG_KEY = 0;

/** The values of `T` that name a record, as `Reader.type` returns them. */
export const RecordType = {
  trade: 0x74, // t
  quote: 0x71, // q
  bar: 0x62, // b
  updatedBar: 0x75, // u
  dailyBar: 0x64, // d
  tradingStatus: 0x73, // s
  luld: 0x6c, // l
  imbalance: 0x69, // i
  tradeCorrection: 0x63, // c
  tradeCancel: 0x78, // x
} as const;
