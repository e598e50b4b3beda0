import { stat } from "node:fs/promises";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { RecorderError } from "../recorder-error.ts";
import type { CheckedFile, Finding } from "./finding.ts";

/** Reads a segment with its checksums. One that a recorder is writing has no end yet. */
export async function verifySegment(path: string, isGrowing: boolean): Promise<CheckedFile> {
  const { size } = await stat(path);
  return { byteLength: size, rowCount: 0, findings: await findingsIn(path, size, isGrowing) };
}

async function findingsIn(path: string, size: number, isGrowing: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  let isSealed = false;
  try {
    for await (const part of (await readSegment(path)).blocks()) {
      if (!isDamage(part)) isSealed = part.some((entry) => entry.type === "event" && entry.event.kind === "sealed");
      else if (!(isGrowing && part.isTail)) {
        const { offset, byteLength, isTail } = part;
        const place = isTail ? "at its end" : `at byte ${offset}`;
        findings.push({ path, kind: "damaged", byteLength, message: `${byteLength} bytes ${place} cannot be read` });
      }
    }
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error;
    const kind = error.code === "unknown_version" ? "unknown_version" : "damaged";
    return [{ path, kind, byteLength: size, message: error.message }];
  }
  if (!isSealed && !isGrowing)
    findings.push({ path, kind: "unsealed", byteLength: 0, message: "the recorder ended without closing the segment" });
  return findings;
}
