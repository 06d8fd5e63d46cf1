/** What the description of the user API shows; a test holds them to the schemas. */
export const tier = { id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b01", name: "Silver", pointsRequirement: 1000 };

export const rewardCategory = { id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b02", name: "Café" };

export const reward = {
  ...{ id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b03", type: "VOUCHER", name: "Any coffee" },
  ...{ summary: "A hot or iced coffee of your choice.", description: "Any coffee on the board.", terms: "" },
  ...{ pictureUrl: null, category: rewardCategory, price: 150, value: 3.5, purchasable: true },
  ...{ availability: { start: null, end: null }, tier: null, stockRemaining: null, perMemberLimit: null },
  ...{ redemptionChannels: ["IN_STORE", "ONLINE"], codeType: "GENERATED" },
};

export const shelfReward = {
  ...reward,
  ...{ affordable: true, pointsShort: 0, available: true, unavailableReason: null },
};

export const benefit = {
  ...{ id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b04", type: "VOUCHER", createdAt: "2026-11-21T09:30:00.000Z" },
  ...{ redeemedAt: null, expiresAt: "2027-02-19T09:30:00.000Z", burnedAt: null, reward, code: null },
};

export const redeemedBenefit = {
  ...benefit,
  ...{ redeemedAt: "2026-11-21T09:31:00.000Z", code: { value: "KXQP-4711", validatedAt: null } },
};

export const member = {
  ...{ id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b05", authIdentifier: "user-42", externalIdentifier: "user-42" },
  ...{ isRestricted: false, createdAt: "2026-11-01T08:00:00.000Z", updatedAt: "2026-11-21T09:30:00.000Z" },
  ...{ flags: { genderProvided: false }, accountNumber: "4711815" },
  profile: {
    ...{ givenName: "Jane", familyName: "Doe", emailAddress: "jane.doe@example.com", gender: null },
    ...{ birthdate: null, country: "GB", city: "Leeds", postcode: null, streetAddress: null, region: null },
    ...{ telephoneNumber: null, pictureUrl: null, attributes: { favouriteColour: "green" } },
  },
};

export const wallet = {
  ...{ points: 350, pendingPoints: 0, lifetimePoints: 500, spentPoints: 150, expiredPoints: 0 },
  ...{ tier: null, nextTier: { ...tier, pointsToGo: 500 } },
  ...{ nextExpiry: { points: 120, expiresAt: "2026-12-24T00:00:00.000Z" }, vouchers: [benefit] },
};

export const event = {
  ...{ id: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b06", type: "PURCHASE", subject: member.id },
  ...{ payload: { total: 12.5, currency: "EUR" }, occurredAt: "2026-11-21T09:30:00.000Z" },
  createdAt: "2026-11-21T09:30:00.000Z",
};

export const reaction = {
  ...{
    type: "POINTS",
    ruleId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b07",
    ruleName: "1 point per euro",
    points: 12,
  },
};
