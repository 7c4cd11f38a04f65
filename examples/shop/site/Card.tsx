// A tea in a list.
import { euros, type Tea } from "./api";

export type Listed = Pick<Tea, "slug" | "name" | "kind" | "summary" | "price" | "grams" | "inStock">;

/** eager is for pictures that are seen without scrolling. */
export function Card({ tea, eager }: { tea: Listed; eager?: boolean }) {
  return (
    <li class="card">
      <a href={`/tea/${tea.slug}`}>
        <img
          src={`/teas/${tea.slug}.svg`}
          width="360"
          height="360"
          alt={`A ${tea.kind} tin of ${tea.name}`}
          loading={eager ? "eager" : "lazy"}
        />
        <h3>{tea.name}</h3>
      </a>
      <p>{tea.summary}</p>
      <p class="price">
        <strong>{euros(tea.price)}</strong> <span>{tea.inStock ? `${tea.grams} g` : "sold out"}</span>
      </p>
    </li>
  );
}
