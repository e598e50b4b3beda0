/** A kind of field of hot messages. */
export type FieldKind = "symbol" | "code" | "price" | "size" | "quantity" | "id" | "conditions" | "time";

/** Values of one kind as one codec writes them. */
export interface Spellings {
  /** As servers write them: the smallest, the largest and those in between at which their form changes. */
  readonly documented: readonly Uint8Array[];
  /** What a fast path must leave to the general reader, or may read only with the same result. */
  readonly odd: readonly Uint8Array[];
}

/** A hot message: its type letter, and its fields behind the type in the documented order. */
export interface HotMessage {
  readonly type: string;
  readonly fields: readonly (readonly [key: string, kind: FieldKind])[];
}

/** The hot messages of each asset class. They are written out, because the schema is what is tested. */
export const HOT_MESSAGES: Readonly<Record<string, readonly HotMessage[]>> = {
  stocks: [
    {
      type: "q",
      fields: [
        ["S", "symbol"],
        ["bx", "code"],
        ["bp", "price"],
        ["bs", "size"],
        ["ax", "code"],
        ["ap", "price"],
        ["as", "size"],
        ["c", "conditions"],
        ["t", "time"],
        ["z", "code"],
      ],
    },
    {
      type: "t",
      fields: [
        ["S", "symbol"],
        ["i", "id"],
        ["x", "code"],
        ["p", "price"],
        ["s", "size"],
        ["c", "conditions"],
        ["t", "time"],
        ["z", "code"],
      ],
    },
  ],
  crypto: [
    {
      type: "q",
      fields: [
        ["S", "symbol"],
        ["bp", "price"],
        ["bs", "quantity"],
        ["ap", "price"],
        ["as", "quantity"],
        ["t", "time"],
      ],
    },
    {
      type: "t",
      fields: [
        ["S", "symbol"],
        ["p", "price"],
        ["s", "quantity"],
        ["t", "time"],
        ["i", "id"],
        ["tks", "code"],
      ],
    },
  ],
};

/** Symbols of each length from 1 to 8, and two longer ones. */
export const SYMBOLS: readonly string[] = [
  "A",
  "BA",
  "IBM",
  "AAPL",
  "GOOGL",
  "BRK.B",
  "BTC/USD",
  "DOGE/USD",
  "ABCDEFGH",
  "SUSHI/USD",
  "ABCDEFGHIJKLMNOP",
];

/** Longer ones, some of which begin with one of the others. */
export const LONG_SYMBOLS: readonly string[] = [
  "DOGE/USDT",
  "ABCDEFGHI",
  "SUSHI/USDT",
  "ABCDEFGHIJKL",
  "ABCDEFGHIJKLMNOPQ",
];
