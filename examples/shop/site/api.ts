// What the shop's API tells of teas.
import { config } from "@wisr/page";

export type Kind = "green" | "black" | "oolong" | "herbal";

export type Tea = {
  slug: string;
  name: string;
  kind: Kind;
  origin: string;
  summary: string;
  text: string;
  /** In cents. */
  price: number;
  /** In a tin. */
  grams: number;
  celsius: number;
  minutes: number;
  /** Grams for a pot of half a litre. */
  dose: number;
  inStock: boolean;
};

export const kinds: Record<Kind, { name: string; text: string }> = {
  green: { name: "Green", text: "Heated on the day they are picked, and left as they are." },
  black: { name: "Black", text: "Withered, rolled, and left in the air until they are dark." },
  oolong: { name: "Oolong", text: "Somewhere in between, and more work than either." },
  herbal: { name: "Herbal", text: "No tea at all, strictly speaking. No caffeine either." },
};

/** Asks the API; null is what it does not have. */
export async function ask<T>(path: string): Promise<T | null> {
  const url = config("api") + path;
  const answer = await fetch(url).catch((cause) => {
    throw new Error(`the shop's API does not answer (wisr dev starts it; else: npm run api): ${cause.message}`, { cause });
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${url} answers with status ${answer.status}`);
  return answer.json();
}

/** 1850 is "€18.50". */
export function euros(cents: number): string {
  return "€" + (cents / 100).toFixed(2);
}
