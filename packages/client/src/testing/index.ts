// A socket without a network

// A history that a test answers
export type {
  HistoryGroup,
  HistoryLatestRequest,
  HistoryPage,
  HistoryPageRequest,
  HistorySource,
} from "../continuity/history-source.ts";
export { httpRejection, MemoryNetwork, type MemoryNetworkOptions, MemorySocket } from "./memory-network.ts";
// A server that follows a script
export { ScriptedGateway, ScriptedSession } from "./scripted-gateway.ts";
export { historyGroup, historyRecord, scriptedHistory } from "./scripted-history.ts";

// A clock that the test advances
export { seededRandom, VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
