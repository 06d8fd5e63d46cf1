import { drawPicture } from "#app/_pwa/draw-picture.tsx";
import { type AppPictureName, appPictures } from "#app/_pwa/pictures.ts";
import { DomainError } from "#lib/domain/errors.ts";
import { hostRoute } from "#lib/http/api-route.ts";

const freshSeconds = { whole: 86_400, lackingLogo: 60 };

/** GET /pwa/{id}: an icon or a screenshot of the programme's app, as a PNG. */
export const GET = hostRoute(async (_request, tenant, name) => {
  if (!Object.hasOwn(appPictures, name)) throw new DomainError("not_found");
  const { png, lacksLogo } = await drawPicture(tenant, name as AppPictureName);
  const seconds = lacksLogo ? freshSeconds.lackingLogo : freshSeconds.whole;
  return new Response(new Uint8Array(png), {
    headers: { "Content-Type": "image/png", "Cache-Control": `public, max-age=${seconds}` },
  });
});
