// The page at /: all teas by kind, and a search.
import type { GetStaticProps } from "@wisr/page";
import { ask, kinds, type Kind, type Tea } from "../../site/api";
import { Card, type Listed } from "../../site/Card";
import { headers, Layout } from "../../site/Layout";

type Props = { teas: Listed[] };

export const getStaticProps: GetStaticProps<Props> = async () => {
  const teas = (await ask<Tea[]>("/teas")) ?? [];
  return {
    props: {
      teas: teas.map(({ slug, name, kind, summary, price, grams, inStock }) => ({ slug, name, kind, summary, price, grams, inStock })),
    },
    revalidate: 10,
    tags: ["teas"],
    headers,
  };
};

export default function List({ teas }: Props) {
  return (
    <Layout
      title="Halden Tea: twelve teas, in tins"
      description="A small shop for loose tea: green, black, oolong and herbal, from people we know, in tins that are filled when you order."
      head={<script src="/search.js" type="module" />}
    >
      <div class="hero">
        <h1>Twelve teas, and we know who made them.</h1>
        <p>Loose leaves in tins, filled when you order. We visit every garden once a year and carry what we would drink ourselves.</p>
        <form class="search" role="search" action="/" hidden>
          <label for="q">Find a tea</label>
          <input id="q" name="q" type="search" placeholder="smoke, Japan, no caffeine…" autocomplete="off" aria-controls="found" />
          <ul id="found" aria-live="polite"></ul>
        </form>
      </div>
      {(Object.keys(kinds) as Kind[]).map((kind, at) => (
        <section key={kind} id={kind} aria-labelledby={`${kind}-name`}>
          <header>
            <h2 id={`${kind}-name`}>{kinds[kind].name}</h2>
            <p>{kinds[kind].text}</p>
          </header>
          <ul class="cards">
            {teas
              .filter((tea) => tea.kind === kind)
              .map((tea) => (
                <Card key={tea.slug} tea={tea} eager={at === 0} />
              ))}
          </ul>
        </section>
      ))}
    </Layout>
  );
}
