import type { GatewayFeed } from "../gateway/gateway-info.ts";
import { element } from "../ui/dom.ts";
import type { Panel } from "../ui/panel.ts";
import type { Keys } from "./stored-keys.ts";

/** What the form shows, and where its keys go. */
export interface KeysFormOptions {
  readonly feeds: readonly GatewayFeed[];
  /** Why the last keys did not work; undefined at first. */
  readonly problem: string | undefined;
  readonly submit: (keys: Keys) => void;
}

/** Asks for the key, in the place of the chart. The fields are empty at first: a secret is never shown again. */
export function keysForm({ feeds, problem, submit }: KeysFormOptions): Panel {
  const key = field("text", "username");
  const secret = field("password", "current-password");
  const feed = element("select", "keys-field");
  feed.append(...feeds.map(({ name }) => new Option(name)));
  const button = element("button", "keys-submit", "Connect");
  button.type = "submit";
  const alert = element("p", "keys-problem", problem ?? "");
  alert.role = "alert";
  alert.hidden = problem === undefined;
  const form = element(
    "form",
    "keys",
    element("h2", "keys-title", "Connect to this gateway"),
    element("p", "keys-text", "It requires a key. Keys are kept for this tab only and are never put in an address."),
    alert,
    labelled("Key", key),
    labelled("Secret", secret),
    labelled("Feed", feed),
    button,
    element("p", "keys-hint", "The operator of the gateway makes keys. The demo needs none."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit({ apiKey: key.value.trim(), secretKey: secret.value.trim(), feed: feed.value });
  });
  return { element: element("div", "keys-place", form), draw: () => {} };
}

function field(type: string, autocomplete: AutoFill): HTMLInputElement {
  const input = element("input", "keys-field");
  input.type = type;
  input.autocomplete = autocomplete;
  input.spellcheck = false;
  input.required = true;
  return input;
}

function labelled(name: string, control: HTMLElement): HTMLLabelElement {
  return element("label", "keys-label", element("span", "", name), control);
}
