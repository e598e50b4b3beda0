import type { FeedReport, GatewayReport } from "tickerplant/report";

/** Why there is no report of the gateway. */
export const GatewayAbsence = {
  /** The report has not arrived yet. */
  LOADING: "loading",
  /** The server has no report: Alpaca's own, or an older gateway. */
  UNSUPPORTED: "unsupported",
  /** The key may not read the report. */
  FORBIDDEN: "forbidden",
  /** The gateway does not answer. */
  UNREACHABLE: "unreachable",
} as const;

/** One of the values of {@link GatewayAbsence}. */
export type GatewayAbsence = (typeof GatewayAbsence)[keyof typeof GatewayAbsence];

/** The newest reports of a gateway. Two of them give rates. */
export interface GatewayReports {
  readonly newest: GatewayReport;
  /** The one before, of the same run of the gateway; undefined if there is none. */
  readonly before: GatewayReport | undefined;
}

/** What the gateway reports of a feed; undefined if that is not known. */
export function feedReport(latest: GatewayReports | GatewayAbsence, feed: string): FeedReport | undefined {
  if (typeof latest === "string") return undefined;
  return latest.newest.feeds.find(({ endpoints }) => endpoints.some(({ name }) => name === feed));
}

/** How long an answer may take. The next request is not sent before. */
const TIMEOUT_MS = 5_000;

/** Requests the report of the gateway, `/status.json`, once for each call of `refresh`. */
export class GatewayStatus {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #isRequesting = false;
  #latest: GatewayReports | GatewayAbsence = GatewayAbsence.LOADING;

  constructor(origin: string, { apiKey, secretKey }: { readonly apiKey: string; readonly secretKey: string }) {
    this.#url = `${origin}/status.json`;
    this.#headers = { "APCA-API-KEY-ID": apiKey, "APCA-API-SECRET-KEY": secretKey };
  }

  /** The newest reports, or why there are none. */
  get latest(): GatewayReports | GatewayAbsence {
    return this.#latest;
  }

  /** Requests a report, unless one is on its way. Called once a second. */
  async refresh(): Promise<void> {
    if (this.#isRequesting || this.#latest === GatewayAbsence.UNSUPPORTED) return;
    this.#isRequesting = true;
    this.#latest = await this.#request().catch(() => GatewayAbsence.UNREACHABLE);
    this.#isRequesting = false;
  }

  async #request(): Promise<GatewayReports | GatewayAbsence> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(this.#url, { cache: "no-store", headers: this.#headers, signal });
    if (response.status === 404) return GatewayAbsence.UNSUPPORTED;
    if (response.status === 401 || response.status === 403) return GatewayAbsence.FORBIDDEN;
    if (!response.ok) return GatewayAbsence.UNREACHABLE;
    const newest: GatewayReport = await response.json();
    const last = typeof this.#latest === "string" ? undefined : this.#latest.newest;
    return { newest, before: last?.startedAt === newest.startedAt ? last : undefined };
  }
}
