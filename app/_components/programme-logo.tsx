import { BrandMark } from "#app/_components/brand-mark.tsx";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

type Branded = Pick<Tenant, "brand" | "name">;

/** The programme's logo, however wide or tall; without one, the sprig of laurel and the programme's name. */
export function ProgrammeLogo({ tenant, ground }: { tenant: Branded; ground: "page" | "surface" }) {
  if (tenant.brand.logoUrl === null) {
    return (
      <>
        <BrandMark className="h-7 w-6 shrink-0 text-accent" />
        <span className="min-w-0 break-words leading-tight">{tenant.name}</span>
      </>
    );
  }
  return <LogoPictures {...tenant} className={`h-9 max-w-40 sm:max-w-56 ${grounds[ground]}`} />;
}

/** The same where a mark stands alone above a text. */
export function ProgrammeMark({ tenant }: { tenant: Branded | null }) {
  if (!tenant || tenant.brand.logoUrl === null) {
    return <BrandMark className="mx-auto h-14 w-12 text-accent" />;
  }
  return (
    <div className="flex justify-center">
      <LogoPictures {...tenant} className={`h-14 max-w-64 ${grounds.page}`} />
    </div>
  );
}

const grounds = { page: "after:bg-page", surface: "after:bg-surface" };

/**
 * A picture that does not load leaves its alternative text, the programme's name. What is laid over it then (`after:`, which
 * browsers show for such pictures alone) says the same without their sign of a broken picture.
 */
function LogoPictures({ brand: { logoUrl, logoDarkUrl }, name, className }: Branded & { className: string }) {
  const picture = (url: string | null, shown: string) => (
    <img
      src={url ?? undefined}
      alt={name}
      loading={logoDarkUrl === null ? "eager" : "lazy"} // so that the one that is not shown is not fetched
      decoding="async"
      referrerPolicy="no-referrer"
      className={`${shown} ${className} relative w-auto min-w-0 truncate object-contain font-semibold after:absolute after:inset-0 after:grid after:items-center after:truncate after:content-[attr(alt)]`}
    />
  );
  if (logoDarkUrl === null) return picture(logoUrl, "block");
  return (
    <>
      {picture(logoUrl, "block dark:hidden")}
      {picture(logoDarkUrl, "hidden dark:block")}
    </>
  );
}
