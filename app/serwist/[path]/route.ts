import { createSerwistRoute } from "@serwist/turbopack";

/** GET /serwist/sw.js: the service worker, made with the build. */
const serwist = createSerwistRoute({
  swSrc: "app/_pwa/service-worker.ts",
  globPatterns: [], // what an offline page needs is asked of that page
  injectionPoint: "",
  useNativeEsbuild: true,
  esbuildOptions: {
    sourcemap: false,
    // By this a browser knows a new build, although the worker may do the same as before.
    banner: { js: `/* Build ${process.env.LAUREL_BUILD_ID} */` },
  },
});

export const dynamic = "force-static";
export const dynamicParams = false;
export const generateStaticParams = serwist.generateStaticParams;
export const GET = serwist.GET;
