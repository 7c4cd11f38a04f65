// The page at /tea/[slug]: one tea.
import type { GetStaticPaths, GetStaticProps } from "@wisr/page";
import { ask, euros, kinds, type Tea } from "../../site/api";
import { Card } from "../../site/Card";
import { headers, Layout } from "../../site/Layout";

type Props = { tea: Tea; others: Tea[] };

export const getStaticPaths: GetStaticPaths = async () => {
  const teas = (await ask<Tea[]>("/teas")) ?? [];
  return { paths: teas.map(({ slug }) => ({ params: { slug } })), fallback: "blocking" };
};

export const getStaticProps: GetStaticProps<Props, { slug: string }> = async ({ params: { slug } }) => {
  // Both are asked at once.
  const [tea, teas] = await Promise.all([ask<Tea>(`/teas/${encodeURIComponent(slug)}`), ask<Tea[]>("/teas")]);
  if (!tea) return { notFound: true, revalidate: 10 };
  const others = (teas ?? []).filter((other) => other.kind === tea.kind && other.slug !== slug).slice(0, 3);
  return { props: { tea, others }, revalidate: 10, tags: ["teas", `tea:${slug}`], headers };
};

export default function TeaPage({ tea, others }: Props) {
  return (
    <Layout title={`${tea.name}, ${kinds[tea.kind].name.toLowerCase()} tea | Halden Tea`} description={tea.summary}>
      <article class="tea">
        <img src={`/teas/${tea.slug}.svg`} width="360" height="360" alt={`A ${tea.kind} tin of ${tea.name}`} />
        <div>
          <p class="origin">
            <a href={`/#${tea.kind}`}>{kinds[tea.kind].name}</a> {tea.origin}
          </p>
          <h1>{tea.name}</h1>
          <p class="lede">{tea.summary}</p>
          <p>{tea.text}</p>
          <dl class="brew" aria-label="How to make it">
            <div>
              <dt>Water</dt>
              <dd>{`${tea.celsius} °C`}</dd>
            </div>
            <div>
              <dt>Time</dt>
              <dd>{`${tea.minutes} min`}</dd>
            </div>
            <div>
              <dt>For a pot</dt>
              <dd>{`${tea.dose} g`}</dd>
            </div>
          </dl>
          <p class="buy">
            <strong>{euros(tea.price)}</strong>
            <span>{`a tin of ${tea.grams} g`}</span>
            <span class={tea.inStock ? "in" : "out"}>{tea.inStock ? "In stock" : "Sold out until the next harvest"}</span>
          </p>
          {tea.inStock && (
            <p class="order">
              <a href={`mailto:orders@halden.example?subject=${encodeURIComponent(`A tin of ${tea.name}`)}`}>Order by mail</a>
            </p>
          )}
        </div>
      </article>
      {others.length > 0 && (
        <section aria-labelledby="others">
          <header>
            <h2 id="others">{`Also ${kinds[tea.kind].name.toLowerCase()}`}</h2>
          </header>
          <ul class="cards">
            {others.map((other) => (
              <Card key={other.slug} tea={other} />
            ))}
          </ul>
        </section>
      )}
    </Layout>
  );
}
