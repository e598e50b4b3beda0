/** In a thread of its own: answers its {@link FramesWanted} with the frames. */
import { parentPort, workerData } from "node:worker_threads";
import type { Codec } from "@tickerplant/client/wire";
import { type DataSet, framesOf, recordsIn } from "../workload.ts";

/** Frames to encode. */
export interface FramesWanted {
  readonly codec: Codec;
  readonly size: number;
  readonly dataSet: DataSet;
}

const { codec, size, dataSet } = workerData as FramesWanted; // written by the program that starts this thread
parentPort?.postMessage(framesOf(await recordsIn(dataSet), size, codec));
