/** Trades of a symbol that are held, for each choice of the smallest size: three screens of a tall window. */
export const MAX_PRINTS = 100;
