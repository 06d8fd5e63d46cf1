/**
 * The OpenID provider of the demo: authorization code with PKCE for one client that keeps a secret, ID tokens in RS256,
 * claims from userinfo, sign-out from both sides.
 */
import Provider, { type Grant, interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";

import type { Club } from "./club.ts";
import { fetchHere } from "./fetch-here.ts";
import type { Keys } from "./keys.ts";
import { createMemory } from "./memory.ts";
import { failurePage, signedOutPage, signOutPage } from "./pages.ts";
import { findPerson } from "./people.ts";

const hourSeconds = 3_600;
const fortnightSeconds = 14 * 24 * hourSeconds;

export function createProvider(issuer: string, keys: Keys, club: Club): Provider {
  const provider = new Provider(issuer, {
    adapter: createMemory(),
    jwks: { keys: keys.signing },
    cookies: {
      keys: keys.cookies,
      names: { session: "demo_id", interaction: "demo_id_sign_in", resume: "demo_id_resume" },
    },
    clients: [
      {
        client_id: club.clientId,
        client_secret: club.clientSecret,
        client_name: club.name,
        redirect_uris: [`${club.url}/api/auth/callback/idp`],
        post_logout_redirect_uris: [`${club.url}/signed-out`],
        backchannel_logout_uri: `${club.url}/api/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    clientAuthMethods: ["client_secret_basic"],
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    responseTypes: ["code"],
    enabledJWA: { idTokenSigningAlgValues: ["RS256"] },
    ttl: {
      AccessToken: hourSeconds,
      AuthorizationCode: 60,
      IdToken: hourSeconds,
      Interaction: hourSeconds,
      Grant: fortnightSeconds,
      Session: fortnightSeconds,
    },
    scopes: ["openid", "profile", "email", "address", "phone"],
    claims: {
      openid: ["sub"],
      profile: ["given_name", "family_name", "birthdate", "gender", "locale"],
      email: ["email", "email_verified"],
      address: ["address"],
      phone: ["phone_number", "phone_number_verified"],
    },
    findAccount(_context, sub) {
      const person = findPerson(sub);
      return person ? { accountId: sub, claims: () => ({ ...person }) } : undefined;
    },
    loadExistingGrant: grantWhatIsAsked,
    fetch: fetchHere,
    interactions: { policy: askWhoAndNoMore(), url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context, form) {
          const person = findPerson(context.oidc.session?.accountId);
          sendAsBody(context, signOutPage(person, form, club));
        },
        postLogoutSuccessSource: (context) => sendAsBody(context, signedOutPage(club)),
      },
    },
    renderError(context, { error, error_description }) {
      sendAsBody(context, failurePage(club, `${error}: ${error_description ?? ""}`));
    },
  });

  provider.on("server_error", (_context, error) => console.error("Demo ID failed.", error));
  provider.on("backchannel.error", (_context, error, client, sub) => {
    console.error(`${client.clientId} did not take the sign-out of ${sub}: ${error.message}`);
  });
  return provider;
}

/** Without a page for consent; a client that insists on one (`prompt=consent`) is refused. */
function askWhoAndNoMore(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove("consent");
  return policy;
}

/** The club is Demo ID's own house, as it were: whoever signs in agrees, and is not asked on a page. */
async function grantWhatIsAsked({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { provider, client, session, params } = oidc;
  if (!client || !session?.accountId) return undefined;
  const known = await provider.Grant.find(session.grantIdFor(client.clientId) ?? "");
  const grant = known ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(String(params?.scope ?? ""));
  await grant.save();
  return grant;
}

function sendAsBody(context: KoaContextWithOIDC, html: string): void {
  context.type = "html";
  context.body = html;
}
