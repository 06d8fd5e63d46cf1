import { Gift, House, List, QrCode, Wallet } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

import { NavLink } from "#app/_components/nav-link.tsx";
import { ProgrammeLogo } from "#app/_components/programme-logo.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";
import { UpdatePrompt } from "#app/_pwa/update-prompt.tsx";
import type { Member } from "#lib/domain/members/member.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";

const sections = [
  { href: "/", label: "home", Icon: House },
  { href: "/rewards", label: "rewards", Icon: Gift },
  { href: "/card", label: "card", Icon: QrCode },
  { href: "/wallet", label: "wallet", Icon: Wallet },
  { href: "/activity", label: "activity", Icon: List },
] as const;

/** The frame of every member page: the programme's name, the sections (at the thumb on a phone), the person. */
export async function AppShell({
  tenant,
  member,
  children,
}: {
  tenant: Tenant;
  member: Member;
  children: ReactNode;
}) {
  const t = await getTranslations("nav");
  const appTexts = await getTranslations("app");
  const { givenName, familyName } = member.profile;
  const initials = `${[...givenName][0] ?? ""}${[...familyName][0] ?? ""}`.toUpperCase();

  return (
    <div className="flex min-h-dvh flex-col pb-20 md:pb-0">
      <a
        href="#content"
        className="button-primary absolute start-4 top-2 z-50 -translate-y-24 focus:translate-y-0"
      >
        {t("skip")}
      </a>
      <header className="border-line border-b bg-surface">
        <div className="mx-auto flex min-h-16 max-w-5xl items-center gap-6 px-4 sm:px-6">
          <Link
            href="/"
            prefetch={false}
            className="flex min-h-11 min-w-0 items-center gap-2.5 font-semibold"
          >
            <ProgrammeLogo tenant={tenant} ground="surface" />
          </Link>
          {/* It grows from its start: at the end of the line it would be pushed along while the page arrives. */}
          <nav aria-label={t("label")} className="hidden md:block">
            <ul className="flex gap-1">
              {sections.map(({ href, label, Icon }) => (
                <li key={href}>
                  <NavLink
                    href={href}
                    className="flex min-h-11 items-center gap-2 rounded-button px-3 font-medium text-muted text-sm lg:px-4 hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
                  >
                    <Icon className="hidden size-4 lg:block" aria-hidden="true" />
                    {t(label)}
                  </NavLink>
                </li>
              ))}
            </ul>
          </nav>
          <NavLink
            href="/profile"
            className="ms-auto grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-sm aria-[current=page]:ring-2 aria-[current=page]:ring-accent"
          >
            <span aria-hidden="true">{initials}</span>
            <span className="sr-only">{t("profile")}</span>
          </NavLink>
        </div>
      </header>

      <main id="content" className="mx-auto w-full max-w-5xl flex-1 px-4 py-6 sm:px-6 sm:py-8">
        {children}
      </main>

      <nav
        aria-label={t("label")}
        className="fixed inset-x-0 bottom-0 z-40 border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        <ul className="mx-auto grid max-w-md grid-cols-5">
          {sections.map(({ href, label, Icon }) => (
            <li key={href}>
              <NavLink
                href={href}
                className="group flex min-h-16 flex-col items-center justify-center gap-1 py-1 font-medium text-[0.6875rem] text-muted aria-[current=page]:text-accent"
              >
                <span className="grid h-7 w-12 place-items-center rounded-button group-aria-[current=page]:bg-accent-soft">
                  <Icon className="size-5" aria-hidden="true" />
                </span>
                <span className="max-w-full text-balance text-center leading-tight">{t(label)}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <UpdatePrompt
        labels={{ text: appTexts("newVersion"), reload: appTexts("reload"), later: appTexts("later") }}
      />
    </div>
  );
}
