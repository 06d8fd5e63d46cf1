/**
 * The tabs of one browser share a session. What one does to it makes all ask the server at once, itself included; nothing
 * else is said, and nothing that is said is believed.
 */
const channelName = "laurel-session";

export function askInAllTabs(): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage("ask");
  channel.close();
}

/** Returns what ends the listening. */
export function whenAsked(ask: () => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = ask;
  return () => channel.close();
}
