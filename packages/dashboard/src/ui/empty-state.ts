import { element } from "./dom.ts";
import type { Panel } from "./panel.ts";

/** A panel without data: says what will appear in it. */
export function emptyState(title: string, description: string): Panel {
  return {
    element: element("div", "empty", element("p", "empty-title", title), element("p", "", description)),
    draw: () => {},
  };
}
