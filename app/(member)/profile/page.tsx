import { getFormatter, getTranslations } from "next-intl/server";
import { hostNameOf } from "#app/_components/host-name.ts";
import { LeaveProgramme } from "#app/_components/leave-programme.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { SignOutButton } from "#app/_components/sign-out-button.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import type { Member } from "#lib/domain/members/member.ts";

export const generateMetadata = memberPageTitle("profile");

export default memberPage(async ({ tenant, session, wallet }) => {
  const t = await getTranslations("profile");
  const format = await getFormatter();
  const { member } = session;
  const { profile } = member;
  const birthdate = profile.birthdate && format.dateTime(new Date(profile.birthdate), { dateStyle: "long" });

  const rows: [string, string | null][] = [
    [t("name"), `${profile.givenName} ${profile.familyName}`],
    [t("email"), profile.emailAddress],
    [t("phone"), profile.telephoneNumber],
    [t("birthdate"), birthdate],
    [t("gender"), profile.gender && t(`genders.${profile.gender}`)],
    [t("address"), addressOf(member)],
  ];
  const host = hostNameOf(tenant.hostUrl);
  const attributes = Object.entries(member.attributes);

  return (
    <div className="mx-auto max-w-2xl space-y-8">
      <div>
        <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
        <p className="mt-1 text-muted">
          {t("since", { date: format.dateTime(member.createdAt, { dateStyle: "long" }) })}
        </p>
      </div>

      <section>
        <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("about")}</h2>
        <Details rows={rows} unknown={t("unknown")} />
        {host && <p className="mt-2 text-muted text-sm">{t("source", { host })}</p>}
      </section>

      {attributes.length > 0 && (
        <section>
          <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("more")}</h2>
          <Details
            rows={attributes.map(([name, value]) => [
              name,
              typeof value === "string" ? value : JSON.stringify(value),
            ])}
            unknown={t("unknown")}
          />
        </section>
      )}

      <section>
        <h2 className="mb-3 font-semibold text-lg tracking-tight">{t("session")}</h2>
        <div className="panel space-y-5 p-5">
          <SignOutButton
            labels={{ signOut: t("signOut"), signingOut: t("signingOut"), failed: t("failed") }}
          />
          <LeaveProgramme
            labels={{
              leave: t("leave"),
              hint: t("leaveHint", { points: wallet.balancePoints }),
              confirm: t("leaveConfirm"),
              leaving: t("leaving"),
              cancel: t("cancel"),
              failed: t("failed"),
            }}
          />
        </div>
      </section>
    </div>
  );
});

function Details({ rows, unknown }: { rows: [string, string | null][]; unknown: string }) {
  return (
    <dl className="panel divide-y divide-line">
      {rows.map(([term, value]) => (
        <div key={term} className="grid gap-x-4 px-4 py-3 sm:grid-cols-[10rem_1fr]">
          <dt className="text-muted text-sm sm:text-base">{term}</dt>
          <dd className={`min-w-0 break-words ${value ? "font-medium" : "text-muted"}`}>
            <bdi>{value ?? unknown}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function addressOf({ profile }: Member): string | null {
  const { streetAddress, postcode, city, region, country } = profile;
  const town = [postcode, city].filter(Boolean).join(" ");
  return [streetAddress, town, region, country].filter(Boolean).join(", ") || null;
}
