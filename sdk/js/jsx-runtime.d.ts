import { Html } from "./index.js";

/** What may stand between tags. */
export type Child = Html | string | number | bigint | boolean | null | undefined | readonly Child[];

export namespace JSX {
  type Element = Html;
  type ElementType = string | ((props: any) => Html | null);
  interface ElementChildrenAttribute {
    children: {};
  }
  interface IntrinsicAttributes {
    key?: string | number;
  }
  interface Attributes {
    children?: Child;
    dangerouslySetInnerHTML?: { __html: string };
    style?: string | Record<string, string | number | false | null | undefined>;
    [attribute: string]: unknown;
  }
  interface IntrinsicElements {
    [element: string]: Attributes;
  }
}

export function jsx(type: JSX.ElementType, props: Record<string, unknown>, key?: string): Html;
export { jsx as jsxs, jsx as jsxDEV };
export function Fragment(props: { children?: Child }): Html;
