import type { Field } from "../schema.ts";
import type { Segments } from "./segments.ts";

/** Bytes of the longest symbol that a fast path looks up, as in `wire/interning.ts`. */
export const MAX_SYMBOL_BYTES = 16;

/** The form of one codec: emits the code that reads the values of a message, in wire order. */
export interface FastCodec {
  /** The codec in names of types and variables: `Json`, and `json`. */
  readonly name: string;
  /** The documentation of the module's export. */
  readonly doc: string;
  /** The functions that emitted code may call, by the module that exports them. */
  readonly helpers: Readonly<Record<string, readonly string[]>>;
  /** The variable that holds `seconds` and `nanos` of the message that was read last. */
  readonly time: "message" | "lastTime";
  /** The offset in a message of the four bytes that differ between types of messages. */
  readonly typeAt: number;
  /** Those bytes for the letter of a type. */
  typeBytes(letter: string): readonly number[];
  /** Statements between a message that was read and the next one, which starts at `at`. */
  readonly nextMessage: string;
  /** Statements that find the symbol's number, `symbol`, and where the rest of the message starts. */
  begin(keyCount: number): { readonly source: string; readonly rest: string; readonly maxBytes: number };
  /** Makes what reads the fields of one record type. */
  fields(code: Segments): FastFields;
}

/** Emits the code that reads the fields of one message. */
export interface FastFields {
  /** Reads a field. */
  field(field: Field): void;
  /** Reads the time into `seconds` and `nanos`. */
  time(): void;
  /** Reads the time and a code whose place may be before it; `isTimeFirst` holds which of the two came first. */
  timeAndCode(code: Field): void;
  /** Ends the message. */
  end(): void;
}
