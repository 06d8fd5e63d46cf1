/** The one client of Demo ID. */
export type Club = {
  name: string;
  /** Its origin, such as http://club.localhost:3000. */
  url: string;
  clientId: string;
  clientSecret: string;
};
