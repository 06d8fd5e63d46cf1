import { resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../../..");

/** @type {import("next").NextConfig} */
export default {
  poweredByHeader: false,
  turbopack: { root: repository }, // Next and React are the repository's own
  outputFileTracingRoot: repository,
};
