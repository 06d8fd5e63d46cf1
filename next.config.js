import { randomUUID } from "node:crypto";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants.js";
import createNextIntlPlugin from "next-intl/plugin";

// Of the process that builds, and so of the workers that it starts.
process.env.LAUREL_BUILD_ID ??= randomUUID();

/** @type {import("next").NextConfig} */
const nextConfig = {
  env: { LAUREL_BUILD_ID: process.env.LAUREL_BUILD_ID }, // as the bundles know it, however often they are started
  images: { unoptimized: true }, // people's and rewards' pictures never pass an optimizer of ours
  poweredByHeader: false,
  reactStrictMode: true,
  // PGlite brings its own WebAssembly, which must not be bundled; bwip-js and argon2 gain nothing by it.
  serverExternalPackages: [
    ...["@electric-sql/pglite", "pglite-prisma-adapter", "@node-rs/argon2", "bwip-js", "pino", "esbuild"],
  ],
  typescript: { ignoreBuildErrors: true }, // `npm run types` checks them, also where nothing is built
  // Next's own word for what it made with the build is a year, which a proxy would take for the service worker, too.
  headers: async () => [
    { source: "/serwist/:path*", headers: [{ key: "Cache-Control", value: "no-cache" }] },
  ],
};

const withLanguages = createNextIntlPlugin("./app/_i18n/request.ts");

/** `page.dev.tsx` is a page where the sources are served as they are edited, and no part of any build. */
export default function config(/** @type {string} */ phase) {
  const pageExtensions = ["tsx", "ts"];
  if (phase === PHASE_DEVELOPMENT_SERVER) pageExtensions.unshift("dev.tsx");
  return withLanguages({ ...nextConfig, pageExtensions });
}
