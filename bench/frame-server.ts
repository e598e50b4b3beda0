import type { Codec } from "@tickerplant/client/wire";
import { Worker } from "./worker.ts";
import type { DataSet } from "./workload.ts";

/** What a frame server sends, and how. */
export interface Sending {
  readonly codec: Codec;
  /** Messages per frame. */
  readonly size: number;
  readonly dataSet: DataSet;
  /** Frames per write to the socket. */
  readonly framesAWrite: number;
  readonly scheme: "ws" | "wss";
}

/**
 * Runs `work` with the URL of a frame server. Returns undefined without `openssl` if the scheme is
 * `wss`, and reports that.
 */
export async function withFrameServer<T>(
  { codec, size, dataSet, framesAWrite, scheme }: Sending,
  work: (url: string) => Promise<T>,
): Promise<T | undefined> {
  const server = new Worker<Record<string, never>>("frame-server", [codec, size, dataSet, framesAWrite, scheme]);
  try {
    const url = await server.ask<string | null>({});
    if (url !== null) return await work(url);
    console.error("skipping TLS: openssl is missing or cannot make a certificate");
    return undefined;
  } finally {
    server.end();
  }
}
