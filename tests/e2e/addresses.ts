/** Where the demo answers while the journeys run: other ports than by default, so that both can run at once. */
const laurelPort = 3310;
const shopPort = 4310;
const identityPort = 4311;

export const addresses = {
  laurelPort,
  shopPort,
  identityPort,
  shop: `http://shop.localhost:${shopPort}`,
  sameSiteShop: `http://www.acme.localhost:${shopPort}`,
  laurel: `http://rewards.localhost:${laurelPort}`,
  sameSiteLaurel: `http://rewards.acme.localhost:${laurelPort}`,
  club: `http://club.localhost:${laurelPort}`,
  identity: `http://localhost:${identityPort}`,
  bistro: `http://bistro.localhost:${laurelPort}`,
};
