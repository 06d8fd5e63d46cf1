/**
 * What one request leaves behind for the start script, which writes its log line and sees its answer last. It is on
 * globalThis, because the start script and Next's bundles are different copies of this module.
 */
import { AsyncLocalStorage } from "node:async_hooks";

export type RequestContext = {
  requestId: string;
  /** The status a page wants to be answered with; null leaves it to Next. */
  pageStatus: number | null;
  /** Set where something of ours failed, and a 500 is our own. */
  hasFailed: boolean;
};

const shared = globalThis as typeof globalThis & { laurelRequests?: AsyncLocalStorage<RequestContext> };
shared.laurelRequests ??= new AsyncLocalStorage();

export const requestContext = shared.laurelRequests;
