import { setTimeout as wait } from "node:timers/promises";
import type { IngestProcess } from "./ingest-process.ts";
import type { NatsServer } from "./nats-server.ts";

/** Who is hit. */
export interface Victims {
  readonly leader: IngestProcess;
  readonly server: NatsServer;
  readonly leaseMs: number;
}

/** Something that happens to the leader, or to NATS. */
export interface Fault {
  readonly title: string;
  /** Whether another ingest takes over. */
  readonly isTakenOver: boolean;
  /** Begins; the returned function ends it. */
  begin(victims: Victims): Promise<() => Promise<void>>;
}

export const FAULTS: readonly Fault[] = [
  {
    title: "leader killed (SIGKILL)",
    isTakenOver: true,
    begin: async ({ leader }) => {
      leader.signal("SIGKILL");
      return async () => leader.begin();
    },
  },
  {
    title: "leader stopped in order (SIGTERM)",
    isTakenOver: true,
    begin: async ({ leader }) => {
      leader.signal("SIGTERM");
      return async () => {
        while (leader.isAlive) await wait(20);
        leader.begin();
      };
    },
  },
  {
    title: "leader paused for three leases, then continued",
    isTakenOver: true,
    begin: async ({ leader, leaseMs }) => {
      leader.signal("SIGSTOP");
      return async () => {
        await wait(3 * leaseMs);
        leader.signal("SIGCONT");
      };
    },
  },
  {
    title: "leader cut off from NATS (connections closed)",
    isTakenOver: true,
    begin: async ({ leader, leaseMs }) => {
      leader.nats.cut();
      return async () => {
        await wait(3 * leaseMs);
        leader.nats.restore();
      };
    },
  },
  {
    title: "leader cut off from NATS (packets lost)",
    isTakenOver: true,
    begin: async ({ leader, leaseMs }) => {
      leader.nats.freeze();
      return async () => {
        await wait(3 * leaseMs);
        leader.nats.restore();
      };
    },
  },
  {
    title: "leader cut off from upstream",
    isTakenOver: false,
    begin: async ({ leader }) => {
      leader.upstream.cut();
      return async () => {
        await wait(2_000);
        leader.upstream.restore();
      };
    },
  },
  {
    title: "NATS restarted",
    isTakenOver: false,
    begin: async ({ server }) => {
      await server.signal("SIGTERM");
      return () => server.start();
    },
  },
  {
    title: "NATS killed and started after three leases",
    isTakenOver: false,
    begin: async ({ server, leaseMs }) => {
      await server.signal("SIGKILL");
      return async () => {
        await wait(3 * leaseMs);
        await server.start();
      };
    },
  },
];
