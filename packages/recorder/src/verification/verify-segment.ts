import { stat } from "node:fs/promises";
import { isGrowing } from "../folder/growing-segment.ts";
import { damageMessage, isSeal, UNSEALED_MESSAGE } from "../log/segment-faults.ts";
import { isDamage, readSegment } from "../log/segment-reader.ts";
import { RecorderError } from "../recorder-error.ts";
import type { CheckedFile, Finding } from "./finding.ts";

/** Reads a segment with its checksums. One that a recorder is writing has no end yet. */
export async function verifySegment(path: string): Promise<CheckedFile> {
  const { size } = await stat(path);
  return { byteLength: size, rowCount: 0, findings: await findingsIn(path, size) };
}

async function findingsIn(path: string, size: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const mayGrow = await isGrowing(path);
  let isSealed = false;
  try {
    for await (const part of (await readSegment(path)).blocks()) {
      if (!isDamage(part)) isSealed = part.some(isSeal);
      else if (!(mayGrow && part.isTail))
        findings.push({ path, kind: "damaged", byteLength: part.byteLength, message: damageMessage(part) });
    }
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error;
    const kind = error.code === "unknown_version" ? "unknown_version" : "damaged";
    return [{ path, kind, byteLength: size, message: error.message.replace(path, "the file") }];
  }
  if (!isSealed && !mayGrow) findings.push({ path, kind: "unsealed", byteLength: 0, message: UNSEALED_MESSAGE });
  return findings;
}
