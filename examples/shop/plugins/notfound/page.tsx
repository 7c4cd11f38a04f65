// The page where there is nothing.
import { headers, Layout } from "../../site/Layout";

export const getStaticProps = () => ({ props: {}, headers });

export default function NotFound() {
  return (
    <Layout title="Not here | Halden Tea" description="There is no such page in the shop.">
      <div class="hero">
        <h1>That tin is empty.</h1>
        <p>
          There is no such page. <a href="/">All teas are here.</a>
        </p>
      </div>
    </Layout>
  );
}
