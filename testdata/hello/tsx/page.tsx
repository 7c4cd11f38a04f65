import { config, type GetStaticPaths, type GetStaticProps } from "@wisr/page";

type Person = { name: string; town: string };

export const getStaticPaths: GetStaticPaths = () => ({ paths: ["/hello/ann"], fallback: "blocking" });

export const getStaticProps: GetStaticProps<Person> = async ({ path }) => {
  const answer = await fetch(config("api") + path);
  if (answer.status === 404) return { notFound: true, revalidate: 10 };
  return { props: await answer.json(), revalidate: 10 };
};

export default function Hello({ name, town }: Person) {
  return (
    <html lang="en">
      <head>
        <title>{name}</title>
      </head>
      <body>
        <h1>{`Hello, ${name} in ${town}!`}</h1>
      </body>
    </html>
  );
}
