/** Small shapes that several answers are made of. */
import { z } from "zod";

export const id = z.uuid().meta({ example: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b10" });

export const moment = z.iso.datetime().meta({ example: "2026-11-21T09:30:00.000Z" });

export const points = z.int().meta({ example: 350 });

export const tier = z.strictObject({ id, name: z.string(), pointsRequirement: points }).meta({ id: "Tier" });

export const balance = z.strictObject({ points });

/** An object whose names are not known before. */
export function someObject(said: { description: string; example?: object }) {
  return z
    .custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === "object" && value !== null && !Array.isArray(value),
      "Enter an object.",
    )
    .meta({ override: { type: "object", ...said } });
}
