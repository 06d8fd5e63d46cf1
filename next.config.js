import createNextIntlPlugin from "next-intl/plugin";

/** @type {import("next").NextConfig} */
const nextConfig = {
  images: { unoptimized: true }, // people's and rewards' pictures never pass an optimizer of ours
  poweredByHeader: false,
  reactStrictMode: true,
  // PGlite brings its own WebAssembly, which must not be bundled; bwip-js and argon2 gain nothing by it.
  serverExternalPackages: ["@electric-sql/pglite", "pglite-prisma-adapter", "@node-rs/argon2", "bwip-js", "pino"],
  typescript: { ignoreBuildErrors: true }, // `npm run types` checks them, also where nothing is built
};

export default createNextIntlPlugin("./app/_i18n/request.ts")(nextConfig);
