// Checked by "npm run types", never run: what is right has no error, and what is
// wrong has one, or the directive above it is one.
import { config, html, json, page, type GetStaticPaths, type GetStaticProps, type Render } from "@wisr/page";

type Props = { title: string; at: string };

export const getStaticPaths: GetStaticPaths<{ slug: string }> = async ({ locales, cursor }) => ({
  paths: ["/a", { params: { slug: "b" }, locale: locales?.[0] }],
  fallback: "blocking",
  cursor: cursor === undefined ? "2" : undefined,
});

export const getStaticProps: GetStaticProps<Props, { slug: string }> = async ({ params, revalidateReason }) => {
  if (params.slug === "") return { notFound: true };
  if (params.slug === "old") return { redirect: { destination: "/new", permanent: true }, revalidate: 60 };
  const response = await fetch(new URL("/x", config("api")), { headers: { accept: "text/plain" }, signal: AbortSignal.timeout(1000) });
  console.log("%s", revalidateReason, response.status, crypto.randomUUID());
  setTimeout(() => {}, 1);
  return { props: { title: await response.text(), at: new Date().toISOString() }, revalidate: 10, tags: ["x"], headers: { "x-a": "b" } };
};

export default function Page({ title, at }: Props) {
  return (
    <time dateTime={at}>
      {title} {page().path}
    </time>
  );
}

export const render: Render<Props> = ({ props }) =>
  html`<p>${props.title}</p>
    ${json(props)}`;

// @ts-expect-error -- the fallback has to be said
export const noFallback: GetStaticPaths = () => ({ paths: [] });

// @ts-expect-error -- at is missing
export const noProps: GetStaticProps<Props> = () => ({ props: { title: "x" } });
