import type { Serwist } from "@serwist/window";

let registered: Promise<Serwist> | null = null;

/**
 * The service worker's registration, from a window of its own, in a browser that has such things; else null. A page in a frame
 * has no app of its own: its host is what would have to be there. Development has none, since it would keep old files.
 */
export function registerAppWorker(): Promise<Serwist> | null {
  const mayBeApp =
    process.env.NODE_ENV === "production" && "serviceWorker" in navigator && window.top === window;
  if (!mayBeApp) return null;
  registered ??= register();
  return registered;
}

async function register(): Promise<Serwist> {
  const { Serwist } = await import("@serwist/window").catch((error: unknown) => {
    registered = null; // the next page asks again
    throw error;
  });
  const worker = new Serwist("/serwist/sw.js", { scope: "/" });
  void worker.register().catch(() => undefined); // some browsers refuse, as in a private window: then there is no app
  return worker;
}
