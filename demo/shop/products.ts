/** What the demo's shop sells. */
export type Product = { art: string; name: string; priceEuros: number };

export const products: readonly Product[] = [
  { art: "coffee", name: "Coffee beans", priceEuros: 12.5 },
  { art: "mug", name: "Stoneware mug", priceEuros: 18 },
  { art: "tote", name: "Canvas tote bag", priceEuros: 14 },
  { art: "umbrella", name: "Storm umbrella", priceEuros: 29 },
  { art: "plant", name: "Little fig tree", priceEuros: 24 },
  { art: "candle", name: "Cedar candle", priceEuros: 16 },
];

/** Few enough to stand in one line above the rewards. */
export const shelfProducts = products.slice(0, 4);
