/** How the names of segments end. */
export const SEGMENT_EXTENSION = ".tplog";

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)$/;

/** The name of a segment that was begun at a time, such as `20261127T143000.000Z`. Names sort by time. */
export function segmentNameAt(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:]/g, "");
}

/** The time in the name of a segment; undefined for any other name. */
export function segmentTimeMs(name: string): number | undefined {
  const parts = NAME.exec(name);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
}
