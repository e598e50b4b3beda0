import { SERVER_ERROR_TEXTS, type StreamError } from "@tickerplant/client/wire";
import type { Rejection } from "../feed.ts";

/**
 * The error that clients get for one of the stream: that of the server, with its number and its message. Anything else
 * is 500 without details, because an error on this side may name what is no client's business.
 */
export function rejectionOf({ serverCode, serverMessage }: StreamError): Rejection {
  if (serverCode === undefined) return { number: 500, message: SERVER_ERROR_TEXTS[500] };
  return { number: serverCode, message: serverMessage ?? "" };
}
