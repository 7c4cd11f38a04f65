// The page of testdata/languages in TypeScript, with React's components.
import { config, json, type GetStaticPaths, type GetStaticProps } from "@wisr/page";

type Props = { name: string; title: string; lines: string[]; greeting: string };

export const getStaticPaths: GetStaticPaths = () => {
  return { paths: ["/page/plain", { params: { name: "é ☃ 😀" } }], fallback: "blocking" };
};

export const getStaticProps: GetStaticProps<Props, { name: string }> = async ({ path, params: { name } }) => {
  console.log("making page %s", name);
  if (name === "missing") return { notFound: true, revalidate: 60 };
  if (name === "moved") return { redirect: { destination: "/page/plain", permanent: true } };
  if (name === "error") throw new Error("the shelf is bare: é ☃ 😀");
  const lost: Props[] = [];
  if (name === "crash") return { props: { ...lost[0], name: lost[name.length].name } };

  const [title, { lines }] = await Promise.all([
    fetch(config("titles") + path).then((r) => r.text()),
    fetch(config("lines") + "/lines", {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: name,
    }).then((r) => r.json()),
  ]);
  return {
    props: { name, title, lines, greeting: config("greeting")! },
    revalidate: 10,
    tags: ["languages", "séite"],
    headers: { "Content-Security-Policy": "default-src 'none'" },
  };
};

export default function Page({ name, title, lines, greeting }: Props) {
  return (
    <html lang="en">
      <head>
        <meta {...{ charset: "utf-8" } /* as the other languages write it; React would write charSet */} />
        <title>{title}</title>
      </head>
      <body>
        <h1 title={name}>{`${greeting}, ${name}`}</h1>
        <ol>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ol>
        <script type="application/json" dangerouslySetInnerHTML={{ __html: String(json({ name })) }} />
      </body>
    </html>
  );
}
