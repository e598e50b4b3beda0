/** The symbol that means every symbol of a channel. */
export const WILDCARD = "*";

/**
 * Symbols by channel, as requests and acknowledgements carry them. A channel left out has none.
 * With the names of channels as `C`, no other may be used.
 */
export type ChannelSymbols<C extends string = string> = { readonly [Name in C]?: readonly string[] | undefined };
