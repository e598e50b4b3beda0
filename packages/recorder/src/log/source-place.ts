/** The place of a message in a source that numbers its messages, such as a stream of NATS JetStream. */
export interface SourcePlace {
  /** Identifies the numbering: a stream that was deleted and made again has another one. */
  readonly source: string;
  /** The number of the message: a whole number, which goes up. */
  readonly sequence: number;
  /** What else the source needs to continue there, in its own words: it is kept with the place, and not read. */
  readonly note?: string | undefined;
}

/**
 * Returns a copy of a place, which the caller cannot change afterwards.
 *
 * @throws TypeError for a source that is no string or empty, a sequence that is no whole number from 0, and a note that
 * is no string.
 */
export function checkedPlace({ source, sequence, note }: SourcePlace): SourcePlace {
  if (typeof source !== "string" || source === "")
    throw new TypeError(`source of a place: expected a string that is not empty, got ${JSON.stringify(source)}`);
  if (!Number.isSafeInteger(sequence) || sequence < 0)
    throw new TypeError(`sequence of a place: expected a whole number from 0, got ${String(sequence)}`);
  if (note !== undefined && typeof note !== "string")
    throw new TypeError(`note of a place: expected a string, got ${JSON.stringify(note)}`);
  return { source, sequence, ...(note !== undefined && { note }) };
}

/** The place as the bytes of JSON. */
export function encodePlace({ source, sequence, note }: SourcePlace): Uint8Array {
  return Buffer.from(JSON.stringify({ source, sequence, note }));
}

/** Reads {@link encodePlace}'s bytes, which a checksum has covered. */
export function decodePlace(bytes: Uint8Array): SourcePlace {
  return JSON.parse(Buffer.from(bytes).toString()) as SourcePlace; // written by encodePlace
}
