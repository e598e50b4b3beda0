import "./ui/tokens.css";
import "./ui/base.css";
import "./app/layout.css";
import { App } from "./app/app.ts";
import { Page } from "./app/page.ts";
import { applyTheme } from "./app/theme.ts";
import { emptyState } from "./ui/empty-state.ts";

applyTheme();
const app = new App();
app.mount("watch", emptyState("No symbols yet", "The symbols that you watch appear here."));
app.mount("chart", emptyState("No bars yet", "Candles appear here once connected."));
app.mount("quote", emptyState("No quote yet", "Bid and ask appear here once connected."));
app.mount("tape", emptyState("No trades yet", "Trades appear here as they arrive, newest first."));
app.mount("dock", emptyState("Nothing to measure yet", "Rates, lag, drops and gaps appear here once connected."));
document.body.append(app.element);
void new Page(app, location.origin).start();
