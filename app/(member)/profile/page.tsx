import { Download } from "lucide-react";
import { headers } from "next/headers";
import { getLocale } from "next-intl/server";

import { AccountSection } from "#app/_components/account-section.tsx";
import { hostNameOf } from "#app/_components/host-name.ts";
import { LeaveProgramme } from "#app/_components/leave-programme.tsx";
import { memberPage } from "#app/_components/member-page.tsx";
import { Preferences } from "#app/_components/preferences.tsx";
import { type AttributeField, type ProfileField, ProfileForm } from "#app/_components/profile-form.tsx";
import { SectionHeading } from "#app/_components/section-heading.tsx";
import { accountFormTexts } from "#app/_components/sign-in-page.tsx";
import { SignInPlaces } from "#app/_components/sign-in-places.tsx";
import { SignOutButton } from "#app/_components/sign-out-button.tsx";
import type { TextFieldProps } from "#app/_components/text-field.tsx";
import { memberPageTitle } from "#app/_i18n/page-title.ts";
import { getFormatter, getTranslations } from "#app/_i18n/texts.ts";
import { hasAccounts } from "#lib/domain/accounts/account.ts";
import { findOwnAccount } from "#lib/domain/accounts/change-account.ts";
import type { Member } from "#lib/domain/members/member.ts";
import { countryCodes } from "#lib/domain/members/profile-input.ts";
import { listSignInPlaces, type SignInPlace } from "#lib/domain/sessions/list-sign-in-places.ts";
import type { Tenant } from "#lib/domain/tenants/tenant.ts";
import { deviceNameOf } from "#lib/http/device-name.ts";

const msPerMinute = 60_000;
const placesShown = 4;

export const generateMetadata = memberPageTitle("profile");

export default memberPage(async ({ tenant, session, wallet }) => {
  const t = await getTranslations("profile");
  const format = await getFormatter();
  const { member } = session;
  const { profile } = member;
  const hasOwnNames = hasAccounts(tenant);
  const account = hasOwnNames ? await findOwnAccount(tenant, session) : null;
  const source = sourceOf(tenant);
  const { editable, others } = sortedAttributes(member);
  const places = await listSignInPlaces(tenant.id, session);
  const deviceHere = deviceNameOf(await headers());
  const timesOf = ({ signedInAt, lastActivityAt, msSinceActivity }: SignInPlace) => {
    const since = format.dateTime(signedInAt, { dateStyle: "medium" });
    if (msSinceActivity < msPerMinute) return t("placeNow", { since });
    const last = format.relativeTime(lastActivityAt, lastActivityAt.getTime() + msSinceActivity);
    return t("placeTimes", { since, last });
  };

  return (
    <div className="mx-auto max-w-2xl space-y-8">
      <div>
        <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
        <p className="mt-1 text-muted">
          {t("since", { date: format.dateTime(member.createdAt, { dateStyle: "long" }) })}
        </p>
      </div>

      <section>
        <SectionHeading title={t("about")} />
        {!hasOwnNames && (
          <div className="mb-4">
            <Details
              rows={[
                [t("name"), `${profile.givenName} ${profile.familyName}`],
                [t("email"), profile.emailAddress],
              ]}
            />
            {source && <p className="mt-2 text-muted text-sm">{t("source", { host: source })}</p>}
          </div>
        )}
        <ProfileForm
          fields={await fieldsOf(member, hasOwnNames)}
          attributes={editable}
          labels={{
            ...{ save: t("save"), saving: t("saving"), saved: t("saved"), none: t("none"), more: t("more") },
            ...{ failed: t("failed"), signedOut: t("signedOut") },
            problems: {
              ...{ givenName: t("problems.name"), familyName: t("problems.name") },
              ...{ birthdate: t("problems.birthdate"), other: t("problems.other") },
            },
          }}
        />
      </section>

      {others.length > 0 && (
        <section>
          <SectionHeading title={t("more")} />
          <Details rows={others.map(([name, value]) => [name, JSON.stringify(value)])} />
        </section>
      )}

      {account && <AccountSection emailAddress={account.emailAddress} />}

      <Preferences member={member} />

      <section>
        <SectionHeading title={t("places")} />
        <div className="panel">
          <SignInPlaces
            shownCount={placesShown}
            places={places.map((place) => ({
              ...{ id: place.sessionId, isHere: place.isHere },
              // A session that a host's cookie brought knows no device; the browser that asks is it.
              device: (place.isHere ? deviceHere : place.deviceName) ?? t("unknownDevice"),
              when: timesOf(place),
            }))}
            labels={{
              ...{ here: t("here"), signOut: t("signOut"), signingOut: t("signingOut"), failed: t("failed") },
              signOutOf: t("signOutOf", { device: "{device}" }),
              signedOutOf: t("signedOutOf", { device: "{device}" }),
              more: t("morePlaces", { count: places.length - placesShown }),
              everywhere: t("everywhere"),
            }}
          />
        </div>
      </section>

      <section>
        <SectionHeading title={t("data")} />
        <div className="panel space-y-3 p-5">
          <p className="text-muted">{t("dataHint")}</p>
          <a href="/api/session/member/export" download className="button-quiet w-full sm:w-auto">
            <Download className="size-4" aria-hidden="true" />
            {t("download")}
          </a>
        </div>
      </section>

      <section className="noscript:hidden">
        <SectionHeading title={t("session")} />
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
            password={account && (await leavingPassword())}
          />
        </div>
      </section>
    </div>
  );
});

async function leavingPassword() {
  const { t, labelsFor } = await accountFormTexts();
  const profileTexts = await getTranslations("profile");
  const field: TextFieldProps = {
    ...{ name: "currentPassword", type: "password", label: t("currentPassword"), showLabel: t("show") },
    ...{ autoComplete: "current-password", hint: profileTexts("leavePassword") },
  };
  const { password_wrong, rate_limited } = labelsFor("").problems;
  return { field, problems: { password_wrong, rate_limited } };
}

/** Who says the name and the e-mail address where it is not the member, as far as it has a name. */
function sourceOf({ oauth2, hostUrl, authMode }: Tenant): string | null {
  return authMode === "embedded" ? hostNameOf(hostUrl) : (oauth2?.providerName ?? null);
}

async function fieldsOf({ profile }: Member, hasNames: boolean): Promise<ProfileField[]> {
  const t = await getTranslations("profile");
  const names: ProfileField[] = [
    { name: "givenName", label: t("givenName"), autoComplete: "given-name", value: profile.givenName },
    { name: "familyName", label: t("familyName"), autoComplete: "family-name", value: profile.familyName },
  ];
  const genders = ["FEMALE", "MALE", "OTHER", "UNKNOWN"] as const;
  const optional = { isOptional: true };
  return [
    ...(hasNames ? names : []),
    {
      ...{ name: "telephoneNumber", label: t("phone"), type: "tel", autoComplete: "tel", ...optional },
      value: profile.telephoneNumber ?? "",
    },
    {
      ...{ name: "birthdate", label: t("birthdate"), type: "date", autoComplete: "bday", ...optional },
      value: profile.birthdate ?? "",
    },
    {
      ...{ name: "gender", label: t("gender"), autoComplete: "sex", value: profile.gender ?? "" },
      options: genders.map((value) => ({ value, label: t(`genders.${value}`) })),
    },
    {
      ...{ name: "country", label: t("country"), autoComplete: "country", value: profile.country ?? "" },
      options: await countries(),
    },
    {
      ...{ name: "streetAddress", label: t("street"), autoComplete: "street-address", ...optional },
      ...{ value: profile.streetAddress ?? "", isWide: true },
    },
    {
      ...{ name: "postcode", label: t("postcode"), autoComplete: "postal-code", ...optional },
      value: profile.postcode ?? "",
    },
    {
      ...{ name: "city", label: t("city"), autoComplete: "address-level2", ...optional },
      value: profile.city ?? "",
    },
    {
      ...{ name: "region", label: t("region"), autoComplete: "address-level1", ...optional },
      ...{ value: profile.region ?? "", isWide: true },
    },
  ];
}

/** By their names in the reader's language; sorted once for each, as that takes longer than the rest of the page. */
async function countries() {
  const locale = await getLocale();
  const sorted = countriesByLocale.get(locale) ?? sortCountries(locale);
  countriesByLocale.set(locale, sorted);
  return sorted;
}

const countriesByLocale = new Map<string, ReturnType<typeof sortCountries>>();

function sortCountries(locale: string): readonly { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale, { type: "region" });
  return countryCodes
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
}

/** What can be entered in a field, and what only a program can change. */
function sortedAttributes({ attributes }: Member) {
  const isPlain = (value: unknown): value is AttributeField["value"] =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const editable: AttributeField[] = [];
  const others: [string, unknown][] = [];
  const byName = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b));
  for (const [name, value] of byName) {
    if (isPlain(value)) editable.push({ name, value });
    else others.push([name, value]);
  }
  return { editable, others };
}

function Details({ rows }: { rows: [string, string][] }) {
  return (
    <dl className="panel divide-y divide-line">
      {rows.map(([term, value]) => (
        <div key={term} className="grid gap-x-4 px-5 py-3 sm:grid-cols-[10rem_1fr]">
          <dt className="text-muted text-sm sm:text-base">{term}</dt>
          <dd className="min-w-0 break-words font-medium">
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
