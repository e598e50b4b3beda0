/** The offer of permessage-deflate that the gateway accepts. */
export interface DeflateOffer {
  /** The offer as the only one of its header. */
  readonly header: string;
  /** Base-2 logarithm of the window that the client allows for frames of the gateway. */
  readonly windowBits: number;
}

const NAME = "permessage-deflate";

/** An element of the header: text without commas, except in quoted strings. */
const ELEMENT = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;
const PARAMETER = /^(\w+)(?:\s*=\s*("?)(\w+)\2)?$/;
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/** zlib has no smaller window for raw deflate, and its largest is the default. Source: RFC 7692, section 7.1.2. */
const MIN_WINDOW_BITS = 9;
const MAX_WINDOW_BITS = 15;

/**
 * Chooses from the header `Sec-WebSocket-Extensions` of a client the first acceptable offer of
 * compression. Undefined if there is none: an offer with an unknown or a malformed parameter is
 * declined, and the connection stays uncompressed. Source: RFC 7692, sections 5.1 and 7.1.
 */
export function chooseDeflateOffer(header: string = ""): DeflateOffer | undefined {
  for (const element of header.match(ELEMENT) ?? []) {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim());
    const offer = name.toLowerCase() === NAME ? readOffer(parameters) : undefined;
    if (offer !== undefined) return offer;
  }
  return undefined;
}

function readOffer(parameters: readonly string[]): DeflateOffer | undefined {
  const values = new Map<string, string | undefined>();
  for (const parameter of parameters) {
    const [, name = "", , value] = PARAMETER.exec(parameter.toLowerCase()) ?? [];
    if (values.has(name) || !isAcceptable(name, value)) return undefined;
    values.set(name, value);
  }
  const shown = [...values].map(([name, value]) => (value === undefined ? `; ${name}` : `; ${name}=${value}`));
  return {
    header: `${NAME}${shown.join("")}`,
    windowBits: Number(values.get("server_max_window_bits") ?? MAX_WINDOW_BITS),
  };
}

function isAcceptable(name: string, value: string | undefined): boolean {
  switch (name) {
    case "server_no_context_takeover":
    case "client_no_context_takeover":
      return value === undefined;
    case "client_max_window_bits":
      return value === undefined || WINDOW_BITS.test(value);
    case "server_max_window_bits":
      return value !== undefined && WINDOW_BITS.test(value) && Number(value) >= MIN_WINDOW_BITS;
    default:
      return false;
  }
}
