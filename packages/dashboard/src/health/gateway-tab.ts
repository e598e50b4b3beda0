import type { GatewayAbsence } from "../gateway/gateway-status.ts";
import { element, setText } from "../ui/dom.ts";
import { bytes, count, counted, duration, rate } from "../ui/figures.ts";
import type { GatewayClient, GatewayPart, GatewayUpstream, GatewayView } from "./gateway-view.ts";
import { noteOf, section } from "./section.ts";
import { type Cell, type Column, FactList, TableView } from "./table.ts";

const CLIENT_COLUMNS: readonly Column[] = [
  { heading: "Client", className: "dock-client" },
  { heading: "Feed" },
  { heading: "Codec" },
  { heading: "Symbols", isNumber: true },
  { heading: "Records/s", isNumber: true },
  { heading: "Bytes waiting", isNumber: true },
  { heading: "Share of the limit", isHeadingHidden: true },
  { heading: "State", className: "dock-client-state" },
  { heading: "Connected", isNumber: true },
];

const ABSENCES: Record<GatewayAbsence, string> = {
  loading: "The gateway's status shows here as soon as it arrives.",
  unsupported:
    "This server has no status. A tickerplant gateway shows its clients, upstreams, recorder and history here.",
  forbidden: "This key may not read the gateway's status. Sign in with a key that may.",
  unreachable: "The gateway does not answer. Its status is asked for again every second.",
};

/** A part that is shown. */
interface ShownPart {
  readonly element: HTMLElement;
  readonly facts: FactList;
}

function keyOf({ title, note }: GatewayPart): string {
  return `${title} ${note}`;
}

/** The tab Gateway: clients, upstreams, clusters, recorder and history. */
export class GatewayTab {
  readonly element: HTMLElement;
  readonly #absence = element("p", "dock-empty");
  readonly #clients = new TableView("Clients", CLIENT_COLUMNS, "No client is connected.");
  readonly #clientNote: Element;
  readonly #upstreams = new FactList();
  readonly #side: HTMLElement;
  readonly #parts = new Map<string, ShownPart>();
  readonly #view: HTMLElement;

  constructor() {
    const clients = section("Clients", "", this.#clients.element);
    this.#clientNote = noteOf(clients);
    this.#side = element("div", "dock-gateway-side", section("Upstream", "", this.#upstreams.element));
    this.#view = element("div", "dock-gateway", clients, this.#side);
    this.element = element("div", "dock-gateway-frame", this.#absence, this.#view);
  }

  draw(view: GatewayView | GatewayAbsence): void {
    const isAbsent = typeof view === "string";
    this.#absence.hidden = !isAbsent;
    this.#view.hidden = isAbsent;
    if (isAbsent) {
      setText(this.#absence, ABSENCES[view]);
      return;
    }
    setText(this.#clientNote, clientNote(view));
    this.#clients.draw(view.clients.map((client) => clientCells(client, view.maxBytesWaiting)));
    this.#upstreams.draw(
      view.upstreams.map((upstream) => [upstream.feed, upstreamText(upstream), !upstream.isConnected]),
    );
    this.#drawParts(view.parts);
  }

  /** Two feeds have parts of one title each, and a problem that is over has none. */
  #drawParts(parts: readonly GatewayPart[]): void {
    const keys = new Set(parts.map(keyOf));
    for (const [key, { element: shown }] of this.#parts) {
      if (keys.has(key)) continue;
      shown.remove();
      this.#parts.delete(key);
    }
    for (const part of parts) (this.#parts.get(keyOf(part)) ?? this.#addPart(part)).facts.draw(part.facts);
  }

  #addPart(part: GatewayPart): ShownPart {
    const facts = new FactList();
    const shown = { element: section(part.title, part.note, facts.element), facts };
    this.#parts.set(keyOf(part), shown);
    this.#side.append(shown.element);
    return shown;
  }
}

function clientNote({ recordsPerSecond, bytesPerSecond, closedAsSlow }: GatewayView): string {
  const out = `${rate(recordsPerSecond)} records/s out · ${bytes(bytesPerSecond)}/s`;
  return closedAsSlow === 0 ? out : `${out} · ${count(closedAsSlow)} closed as slow`;
}

/** A client as cells. A slow one is amber, with the chip and the limit at which the gateway closes it. */
export function clientCells(client: GatewayClient, maxBytesWaiting: number): Cell[] {
  const { name, feed, codec, symbols, recordsPerSecond, bytesWaiting, isSlow, connectedForMs } = client;
  const share = bytesWaiting / maxBytesWaiting;
  const state: Cell = isSlow
    ? { text: `closed at ${limit(maxBytesWaiting)}`, chip: "SLOW", isAlarm: true }
    : { text: "Keeping up" };
  return [
    { text: name, title: name },
    { text: feed },
    { text: codec },
    { text: symbols === "*" ? "all" : count(symbols) },
    { text: rate(recordsPerSecond) },
    { text: bytes(bytesWaiting), isAlarm: isSlow },
    { text: `${Math.round(share * 100)}% of ${limit(maxBytesWaiting)}`, bar: share, isAlarm: isSlow },
    state,
    { text: duration(connectedForMs) },
  ];
}

/** A limit is a round number: `8 MB`, not `8.0 MB`. */
function limit(value: number): string {
  return bytes(value).replace(".0 ", " ");
}

function upstreamText({ state, connectedForMs, recordsPerSecond, lagP50Ms }: GatewayUpstream): string {
  return [
    connectedForMs === undefined ? state : `${state} ${duration(connectedForMs)}`,
    ...(recordsPerSecond === undefined ? [] : [`${rate(recordsPerSecond)} rec/s`]),
    ...(lagP50Ms === undefined ? [] : [`lag ${duration(lagP50Ms)}`]),
  ]
    .map((part) => part.replaceAll(" ", "\u00a0")) // a narrow column breaks between parts, never before a unit
    .join(" · ");
}

/** The number beside the tab's name; empty without a view. */
export function clientCount(view: GatewayView | GatewayAbsence): string {
  return typeof view === "string" ? "" : counted(view.clientCount, "client");
}
