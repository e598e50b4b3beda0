/** The colours of the page. */
export type Theme = "dark" | "light";

/** Where the chosen theme is kept between visits. */
const STORED = "tickerplant.theme";

/** Applies the theme that the user chose, or else that of the system. */
export function applyTheme(): void {
  const stored = localStorage.getItem(STORED);
  const isLight = stored === null ? matchMedia("(prefers-color-scheme: light)").matches : stored === "light";
  document.documentElement.dataset.theme = isLight ? "light" : "dark";
}

/** Changes to the other theme and keeps it. */
export function toggleTheme(): void {
  const theme: Theme = document.documentElement.dataset.theme === "light" ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(STORED, theme);
}
