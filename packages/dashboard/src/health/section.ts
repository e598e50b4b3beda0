import { element } from "../ui/dom.ts";

/** A section of the dock with its heading, and a note at its right. */
export function section(title: string, note: string, ...children: readonly Node[]): HTMLElement {
  const heading = element("header", "dock-head", element("h2", "", title), element("span", "dock-note", note));
  return element("section", "dock-section", heading, ...children);
}

/** The note of a section. */
export function noteOf(made: HTMLElement): Element {
  return made.querySelector(".dock-note") ?? made; // `section` made it
}
