// A socket without a network
export { httpRejection, MemoryNetwork, type MemoryNetworkOptions, MemorySocket } from "./memory-network.ts";

// A server that follows a script
export { ScriptedGateway, ScriptedSession } from "./scripted-gateway.ts";

// A clock that the test advances
export { seededRandom, VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
