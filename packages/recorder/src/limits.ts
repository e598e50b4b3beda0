/** Limits of the recorder, each with its reason. */

/** A block is closed at this size: large enough to compress well, small enough to be decoded in a few milliseconds. */
export const blockBytes: number = 256 * 1024;

/** A block is closed after this time, so that a killed process loses half a second, and writing the rest of one. */
export const blockMs = 500;

/**
 * Blocks that are compressed and written together when several wait. Each write takes some turns of the event loop, of
 * which a busy stream leaves a few dozen a second.
 */
export const blocksAWrite = 32;

/** The policy `second` flushes to the disk this often. */
export const fsyncMs = 1000;

/** A segment is closed at this size: some 1.5 million records, whose promotion needs less than a gigabyte. */
export const segmentBytes: number = 32 * 1024 * 1024;

/** A segment is closed at this age, so that a quiet feed becomes Parquet during the day. */
export const segmentMs: number = 15 * 60 * 1000;

/** Bytes that wait for a slow or full disk. Above that, frames are dropped, and the log says so. */
export const pendingBytes: number = 64 * 1024 * 1024;

/** A write that failed is tried again this often: a full disk is emptied by hand. */
export const retryMs = 1000;

/** A block that claims to be larger is damaged. The largest frame of the wire fits several times. */
export const maxBlockBytes: number = 128 * 1024 * 1024;

/** A larger file is no segment: segments are read as a whole. */
export const maxSegmentFileBytes: number = 1024 * 1024 * 1024;

/** A difference between the wall clock and the monotonic one that counts as a jump; a slewed clock stays below. */
export const clockJumpMs = 250;

/** A frame of a gateway's feed is closed at this number of records, if the feed does not end its turn before. */
export const frameRecords = 500;

/** Rows of a chunk for DuckDB, which is the size of its vectors. */
export const chunkRows = 2048;

/**
 * Chunks after which rows are moved from DuckDB's appender to their table. It would move them after 100 chunks, at once,
 * which holds the event loop of a gateway for more than 50 ms.
 */
export const appendedChunks = 8;

/** Threads of DuckDB: the other cores belong to the stream. */
export const threads = 1;

/** Memory of DuckDB before it writes to temporary files. */
export const memory = "1GB";

/** Rows of a Parquet row group: DuckDB's own default, which its readers split work by. */
export const rowGroupRows = 122_880;

/** Short strings that are stored in DuckDB's form: more than a market has symbols. */
export const knownTexts = 65_536;

/** Hours whose day in New York is stored: a month of them. */
export const knownHours = 1000;

/** Days by which a record may be late: fills of a long weekend, and of a week without a connection. */
export const closeDays = 7;

/** Days of one segment that are far from its receipt while nothing confirms any: recordings with a few records have few. */
export const loneDays = 10;

/** Days of one segment that are far from its receipt, and have folders of their own: a replay of daily bars has as many. */
export const farDays = 1000;

/** Bytes of a file that are read at once to check it. */
export const readBytes: number = 1024 * 1024;

/** Smaller files are merged whenever there is another: that takes a second. */
export const smallFileBytes: number = 64 * 1024 * 1024;

/** A larger file is merged when the newer ones have more than this part of its size: one in ten. */
export const mergeRatio = 10;

/** How often a recorder looks whether a day is over. */
export const compactionCheckMs: number = 5 * 60 * 1000;

/** Memory of DuckDB while a recording is read: more does not make a sort of a day faster, which is written to disk. */
export const readMemory = "512MB";

/** Memory of a query before it writes to temporary files: a recorder on the same machine needs the rest. */
export const queryMemory = "2GB";

/** Temporary files of a query. More would be a mistake in the query, and would fill the disk that a recorder writes to. */
export const queryTemporaryFiles = "16GB";

/** How often a query or an overview begins, because a recorder has moved its files. Each attempt lists them again. */
export const listAttempts = 5;
