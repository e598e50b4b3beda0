/** Lines of the tape, for each choice of the smallest size: three screens of a tall window. */
export const MAX_LINES = 100;

/** Shares from which a trade is a block: Regulation NMS calls an order of this size one. */
export const BLOCK_SIZE = 10_000;
