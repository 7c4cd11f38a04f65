/** @jsxImportSource @wisr/page */
import type { Child } from "@wisr/page/jsx-runtime";

const Item = ({ children, id }: { children: Child; id: number }) => <li id={`i${id}`}>{children}</li>;

export default function Page({ names }: { names: string[] }) {
  return (
    <ul class="a" style={{ margin: 0 }}>
      {names.map((name, i) => (
        <Item key={i} id={i}>
          {name} {null}
        </Item>
      ))}
    </ul>
  );
}

// @ts-expect-error -- id is missing
export const wrong = <Item>x</Item>;
