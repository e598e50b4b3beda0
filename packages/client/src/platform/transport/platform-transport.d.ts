import type { Connector } from "./transport.ts";

/**
 * The module `@tickerplant/client/transport` on every platform. The `exports` of package.json choose
 * `node/node.ts` or `web.ts`; the client itself compiles against this declaration, without the types
 * of either platform.
 */

/** Opens websockets on this platform. */
export declare const connector: Connector;
