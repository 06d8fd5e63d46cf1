/** The name of the host's site as people know it: `shop.example.com`. */
export function hostNameOf(hostUrl: string | null): string | null {
  return hostUrl && new URL(hostUrl).hostname;
}
