/** Two letters of a key as one integer, the first letter in the low byte. */
function packed(name: string): number {
  return name.charCodeAt(0) | (name.length > 1 ? name.charCodeAt(1) << 8 : 0);
}

/**
 * The wire's short keys, each as one integer: readers compare integers instead of building a
 * string per key. This file is the only place where they are spelt; see PROTOCOL.md for meanings.
 */
export const Key = {
  T: packed("T"),
  S: packed("S"),
  t: packed("t"),
  z: packed("z"),
  x: packed("x"),
  i: packed("i"),
  p: packed("p"),
  s: packed("s"),
  c: packed("c"),
  r: packed("r"),
  bx: packed("bx"),
  bp: packed("bp"),
  bs: packed("bs"),
  ax: packed("ax"),
  ap: packed("ap"),
  as: packed("as"),
  o: packed("o"),
  h: packed("h"),
  l: packed("l"),
  v: packed("v"),
  n: packed("n"),
  vw: packed("vw"),
  sc: packed("sc"),
  sm: packed("sm"),
  rc: packed("rc"),
  rm: packed("rm"),
  u: packed("u"),
  d: packed("d"),
  oi: packed("oi"),
  op: packed("op"),
  os: packed("os"),
  oc: packed("oc"),
  ci: packed("ci"),
  cp: packed("cp"),
  cs: packed("cs"),
  cc: packed("cc"),
  a: packed("a"),
} as const;

/** What `Reader.nextKey` returns after the last key of a record. */
export const NO_KEY = -1;

/** What `Reader.nextKey` returns for a key that is longer than any key of a record. */
export const LONG_KEY = 0;

/** The values of `T` that name a record, as the integers that `Reader.type` returns. */
export const RecordType = {
  trade: packed("t"),
  quote: packed("q"),
  bar: packed("b"),
  updatedBar: packed("u"),
  dailyBar: packed("d"),
  tradingStatus: packed("s"),
  luld: packed("l"),
  imbalance: packed("i"),
  tradeCorrection: packed("c"),
  tradeCancel: packed("x"),
} as const;
