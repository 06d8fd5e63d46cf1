/** What the description of Open Loyalty's endpoints shows; a test holds it to the schemas. */
const memberId = "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b05";
const rewardId = "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b03";
const issuedRewardId = "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b04";
const at = "2026-11-21T09:30:00.000+00:00";

const balances = {
  ...{ activePoints: 350, transferredPoints: 0, lockedPoints: 0, expiredPoints: 0 },
  ...{ spentPoints: 150, earnedPoints: 500, blockedPoints: 0 },
};
const level = { levelId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b01", name: "Silver", description: "" };
const walletType = {
  ...{ walletTypeId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2a01", code: "default", name: "Points", active: true },
  ...{ isDefault: true, unitSingularName: "Point", unitPluralName: "Points" },
};

export const credentials = { username: "jane.doe@example.com", password: "a walk along the canal" };
export const refreshToken = { refresh_token: "8f1d…" };
export const tokens = { token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9…", ...refreshToken };

export const customerId = { customerId: memberId };
export const customer = {
  ...{ firstName: "Jane", lastName: "Doe", email: credentials.username, phone: "01437532699" },
  address: { street: "1 Canal Road", city: "Leeds", country: "GB" },
};

export const member = {
  ...{ customerId: memberId, active: true, storeCode: "acme", firstName: "Jane", lastName: "Doe" },
  ...{ email: credentials.username, gender: "female", phone: "01437532699" },
  birthDate: "1980-02-29T00:00:00+00:00",
  address: {
    ...{ street: "1 Canal Road", address1: null, address2: null, province: null },
    ...{ city: "Leeds", postal: null, country: "GB" },
  },
  ...{ loyaltyCardNumber: "4711815", agreement1: true, agreement2: false, agreement3: false, company: null },
  ...{ registeredAt: at, createdAt: at, updatedAt: at, anonymized: false },
  ...{ labels: [], segments: [], customFieldsData: [], customFields: { favouriteColour: "green" } },
  defaultAccount: { accountId: memberId, ...balances },
  currentLevel: { ...level, translations: [] },
};

export const status = {
  ...{ firstName: "Jane", lastName: "Doe", customerId: memberId, ...balances },
  ...{ levelName: "Silver", levelConditionValue: 100 },
  ...{ nextLevelName: "Gold", nextLevelConditionValue: 1_000, pointsToNextLevel: 500 },
  ...{ pointsExpiringNextMonth: 120, storeCode: "acme" },
};

export const wallet = {
  ...{ walletType, createdAt: at },
  account: {
    ...{ earnedUnits: 500, transferredUnits: 0, spentUnits: 150, activeUnits: 350 },
    ...{ lockedUnits: 0, blockedUnits: 0, expiredUnits: 0 },
  },
};

export const reward = {
  ...{ rewardId, reward: "static_coupon", name: "Any coffee", active: true },
  ...{ shortDescription: "A hot or iced coffee of your choice.", description: "", terms: "" },
  ...{ costInPoints: 150, levels: [], segments: [], target: null, levelNames: {} },
  ...{ categories: ["0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b02"] },
  categoryNames: { "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b02": "Café" },
  ...{ activity: { allTime: true }, visibility: { allTime: true }, price: 3.5, couponValue: 3.5 },
  ...{ labels: [], translations: [], featured: false, public: true, brandIcon: false, photos: [] },
  ...{ createdAt: at, usageLimit: { general: -1, perUser: 1 }, usageLeft: -1, canBeBoughtByCustomer: true },
};

export const issuedReward = {
  ...{ rewardId, issuedRewardId, name: "Any coffee", customerId: memberId, status: "issued" },
  redemptionDate: at,
  issuedCoupon: {
    ...{ code: "KXQP-4711", value: 3.5, valueType: "money", activeFrom: at },
    ...{ activeTo: "2027-02-19T09:30:00.000+00:00", usedAt: null },
  },
  ...{ costInPoints: 150, rewardType: "static_coupon", price: 3.5 },
};

export const usedCoupon = { code: "KXQP-4711", used: true, customerId: memberId };

const noCause = { transactionId: null, customEventId: null, internalEventName: null };
export const transactionId = { transactionId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b06" };
const item = { sku: "tea", name: "Tea", category: "Drinks", grossValue: 12.5 };

export const transferId = { transferId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b08" };
export const transfer = {
  ...{ ...transferId, type: "adding", accountId: memberId, value: 12, comment: null },
  ...{ cancelled: false, pending: false, lockedUntil: null, expiresAt: "2027-11-21T09:30:00.000+00:00" },
  createdAt: at,
  actionCause: {
    ...{ ...customerId, campaignId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b07", performedAt: at },
    ...{ ...noCause, ...transactionId, rewardId: null, issuedRewardId: null },
  },
  walletType,
};

export const newTransaction = {
  header: { documentNumber: "order-2026-0042", purchasedAt: at },
  ...{ items: [item], currency: "EUR", customerData: { email: credentials.username } },
};

export const transaction = {
  ...{ ...transactionId, ...customerId },
  customerData: {
    ...{ ...customerId, email: credentials.username, phone: null, loyaltyCardNumber: "4711815" },
  },
  items: [item],
  header: { documentNumber: "order-2026-0042", documentType: "sell", purchasedAt: at },
  ...{ grossValue: 12.5, currency: "EUR", matched: true, assignedToCustomerAt: at },
  ...{ pointsEarned: 12, unitsDeducted: 0 },
};

export const history = {
  ...{ ...customerId, accountId: memberId, createdAt: at, type: "AssignedTransactionToCustomer" },
  flatVariables: {
    ...{ total: 12.5, currency: "EUR", ...noCause, ...transactionId },
    ...{ eventType: "PURCHASE", pointsEarned: 12 },
  },
};

export const tier = { ...level, hasPhoto: false, storeCode: "acme", conditionValue: 100 };

export const campaign = {
  ...{ campaignId: "0199a1de-3c2f-7b6e-9a41-5f0d8c7e2b07", name: "Twice a day", description: "" },
  ...{ translations: [], limitReached: false },
  limitUsages: {
    pointsPerMember: null,
    executionsPerMember: {
      ...{ currentValue: 1, limitValue: 2, remaining: 1, interval: { type: "calendarDays", value: 1 } },
    },
  },
};

export const customEvent = {
  ...{ type: "VISITED_SHOP", eventDate: at, eventId: "visit-1", body: { shop: "Leeds" } },
  customerData: { loyaltyCardNumber: "4711815" },
};
