/** A site whose people sign in with Demo ID. */
export type Client = {
  name: string;
  /** Its origin, such as http://club.localhost:3000. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** What is to be done before it can be opened. */
  note?: string;
};

export function findClient(clients: readonly Client[], clientId: unknown): Client | null {
  return clients.find((client) => client.clientId === clientId) ?? null;
}
