/** A picture from an address that somebody outside chose, under all that outside-request.ts promises. */
import { OutsideFailure } from "#lib/clients/outside-failure.ts";
import { requestOutside } from "#lib/clients/outside-request.ts";

export type Picture = { mediaType: PictureType; bytes: Buffer };
type PictureType = (typeof pictureTypes)[number];

const pictureTypes = ["image/svg+xml", "image/png", "image/jpeg"] as const;

/** Throws an OutsideFailure unless the whole picture has come in time, under status 200, and is of a kind that can be drawn. */
export async function fetchOutsidePicture(
  url: string,
  limits: { bytesMax: number; timeoutMs: number },
): Promise<Picture> {
  const { headers, body } = await requestOutside(url, {
    method: "GET",
    headers: { Accept: pictureTypes.join(", ") },
    body: null,
    statusesTaken: [200],
    ...limits,
  });
  const said = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const mediaType = pictureTypes.find((type) => type === said);
  if (!mediaType) throw new OutsideFailure("not_a_picture", "The answer is no SVG, PNG or JPEG picture.");
  return { mediaType, bytes: body };
}
