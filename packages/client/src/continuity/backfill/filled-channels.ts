import { type Check, check } from "../../checks/option-checks.ts";
import { shownValue } from "../../checks/shown-value.ts";
import type { StreamSchema } from "../../wire/index.ts";
import type { FillRulesByChannel } from "./fill-rules.ts";

/** What the option `fill` must be; its names are checked by {@link filledChannels}. */
export const FILL: Check = { expected: "an array of channels", accepts: (value) => Array.isArray(value) };

/**
 * The rules of the channels that the option `fill` names; without it, of those that are filled by default.
 *
 * @throws TypeError for anything but an array of the schema's channels.
 */
export function filledChannels(
  rules: FillRulesByChannel,
  { channels }: StreamSchema,
  fill: readonly string[] | undefined,
): FillRulesByChannel {
  if (fill !== undefined) check("fill", fill, FILL);
  for (const channel of fill ?? [])
    if (!channels.includes(channel))
      throw new TypeError(
        `fill names channels of the stream, such as ${channels.slice(0, 3).join(", ")}; got ${shownValue(channel)}`,
      );
  return Object.fromEntries(
    Object.entries(rules).filter(([channel, { isOnDemand }]) => fill?.includes(channel) ?? !isOnDemand),
  );
}
