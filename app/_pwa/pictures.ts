/** The pictures by which a device shows the installed app: its icons, and what the browser shows before it is installed. */
import { lookOf } from "#app/_pwa/look.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

export type AppPicture = {
  widthPx: number;
  heightPx: number;
  /**
   * `rounded`: as it is, corners and all. `full`: to its edges, for a system that cuts it to a shape of its own; what counts
   * lies within the middle 80 % (W3C Web App Manifest, maskable icons). `screen`: how a page looks.
   */
  shape: "rounded" | "full" | "screen";
};

const icon = (sizePx: number, shape: "rounded" | "full"): AppPicture => ({
  widthPx: sizePx,
  heightPx: sizePx,
  shape,
});

export const appPictures = {
  "icon-48.png": icon(48, "rounded"),
  "icon-192.png": icon(192, "rounded"),
  "icon-512.png": icon(512, "rounded"),
  "icon-maskable-192.png": icon(192, "full"),
  "icon-maskable-512.png": icon(512, "full"),
  "apple-touch-icon.png": icon(180, "full"),
  "screen-narrow.png": { widthPx: 780, heightPx: 1688, shape: "screen" },
  "screen-wide.png": { widthPx: 1280, heightPx: 800, shape: "screen" },
} as const satisfies Record<string, AppPicture>;

export type AppPictureName = keyof typeof appPictures;

/** Its address, which is another one when it looks otherwise. */
export function appPictureUrl(tenant: Tenant, name: AppPictureName): string {
  return `/pwa/${name}?look=${lookOf(tenant)}`;
}
