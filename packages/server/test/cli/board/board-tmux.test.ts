import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished, test, vi } from "vitest";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

const HAS_TMUX = spawnSync("tmux", ["-V"]).status === 0;

if (!HAS_TMUX) console.info("tmux is not installed: the board is not tested on a real terminal.");

/** How long a step may take on a busy machine, in milliseconds. */
const STEP_MS = 15_000;

/** A terminal of tmux with a shell. */
class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), "tickerplant-tmux-"));

  constructor(columns: number, rows: number) {
    const shell = "env -u NO_COLOR PS1='ready> ' bash --norc --noprofile";
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), shell);
    onTestFinished(() => {
      spawnSync("tmux", ["-S", join(this.#folder, "socket"), "kill-server"]);
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Waits until the screen has a text, or has it no more. */
  async shows(pattern: RegExp, isShown = true): Promise<void> {
    await vi.waitFor(
      () => {
        const screen = this.#tmux("capture-pane", "-p");
        if (pattern.test(screen) !== isShown)
          throw new Error(`${pattern} ${isShown ? "is not" : "is still"} shown:\n${screen}`);
      },
      { timeout: STEP_MS, interval: 100 },
    );
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-S", join(this.#folder, "socket"), ...args], { encoding: "utf8" });
  }
}

test.skipIf(!HAS_TMUX)(
  "the board of the demo works on a real terminal: keys, another size, a stop, and a clean end",
  { timeout: 8 * STEP_MS },
  async () => {
    const terminal = new Terminal(80, 24);
    await terminal.shows(/ready>/);
    terminal.press(`'${process.execPath}' '${MAIN}' demo --symbols AAPL,MSFT`, "Enter");
    await terminal.shows(/SIMULATED.*AAPL +\d.*rec\/s/s);
    terminal.press("?");
    await terminal.shows(/smallest size on the tape/);
    terminal.press("Escape");
    await terminal.shows(/smallest size on the tape/, false);
    terminal.press("Enter");
    await terminal.shows(/QUOTES.*BARS 1m/s);
    terminal.resize(110, 34);
    await terminal.shows(/│ .* tape.*lag p50/s);
    terminal.press("C-z");
    await terminal.shows(/Stopped.*ready>/s);
    terminal.press("fg", "Enter");
    await terminal.shows(/QUOTES.*BARS 1m/s);
    terminal.press("C-c");
    await terminal.shows(/records in [\d.]+ s.*ready>\s*$/s);
    terminal.press("printf 'code %s\\n' $?; stty -a | grep -o -- '-*icanon'", "Enter");
    await terminal.shows(/^code 0\nicanon$/m);
  },
);
