import type { IPanePrimitive, IPanePrimitivePaneView, PrimitivePaneViewZOrder, Time } from "lightweight-charts";
import type { DrawLayer, Scene } from "./scene.ts";

/** A layer of a pane, below the candles (`bottom`) or above them (`top`). */
export class PaneLayer implements IPanePrimitive<Time> {
  readonly #views: readonly IPanePrimitivePaneView[];

  /** The scene is undefined while there is nothing to draw. */
  constructor(zOrder: PrimitivePaneViewZOrder, scene: () => Scene | undefined, draw: DrawLayer) {
    const view: IPanePrimitivePaneView = {
      zOrder: () => zOrder,
      renderer: () => ({
        draw: (target) =>
          target.useMediaCoordinateSpace(({ context, mediaSize }) => {
            const drawn = scene();
            if (drawn === undefined || drawn.axis.isEmpty) return;
            context.save();
            draw(context, mediaSize, drawn);
            context.restore();
          }),
      }),
    };
    this.#views = [view];
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.#views;
  }
}
