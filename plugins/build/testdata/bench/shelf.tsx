// A page of 14 KB: 43 things, each with a heading, a text, three tags and a price.
type Item = { id: number; name: string; text: string; tags: string[]; price: number };
export async function getStaticProps() {
  return { props: { title: "Shelf", items: makeItems() } };
}
function makeItems(): Item[] {
  return Array.from({ length: 43 }, (_, i) => ({
    id: i, name: `Thing ${i} <&>`, text: "A small thing that is of use to somebody, and is made to last for a long time & more.",
    tags: ["small", "useful", i % 2 ? "odd" : "even"], price: 10 + i * 3.5,
  }));
}
function Tag({ children }: { children?: any }) { return <li className="tag">{children}</li>; }
function Card({ item }: { item: Item }) {
  return (
    <article className="card" id={`thing-${item.id}`}>
      <h2><a href={`/things/${item.id}`}>{item.name}</a></h2>
      <p>{item.text}</p>
      <ul className="tags">{item.tags.map((t) => <Tag key={t}>{t}</Tag>)}</ul>
      <p className="price">{item.price.toFixed(2)} €</p>
    </article>
  );
}
export default function Shelf({ title, items }: { title: string; items: Item[] }) {
  return (
    <html lang="en">
      <head><meta charSet="utf-8" /><title>{title}</title></head>
      <body><main><h1>{title}</h1>{items.map((i) => <Card key={i.id} item={i} />)}</main></body>
    </html>
  );
}
