// The page contract, version 1: see DESIGN, "The page contract".

/** What JSON can hold, and so props. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Parameters of the route: of a [...rest] an array. */
export type Params = Record<string, string | string[]>;

/** What getStaticPaths is called with. */
export interface PathsInput {
  /** The plugin's pattern: "/blog/[slug]". */
  route: string;
  locales?: string[];
  defaultLocale?: string;
  /** What the last call returned as cursor; not there in the first. */
  cursor?: string;
}

export interface Paths<P = Params> {
  paths: (string | { params: P; locale?: string })[];
  /** What a path that is not listed gets: 404, a page without data at once, or a page that is waited for. */
  fallback: false | true | "blocking";
  /** There are more paths: getStaticPaths is called again with it. */
  cursor?: string;
}

/** What getStaticProps is called with. */
export interface PropsInput<P = Params> {
  route: string;
  /** The path as it was asked for, escaped. */
  path: string;
  params: P;
  locale?: string;
  locales?: string[];
  defaultLocale?: string;
  draftMode?: boolean;
  revalidateReason: "build" | "stale" | "on-demand";
}

/** What render is called with. */
export interface RenderInput<T = Record<string, unknown>, P = Params> extends Omit<PropsInput<P>, "revalidateReason"> {
  props: T;
  /** The page is shown while its data is gathered: props are {}. */
  isFallback?: boolean;
}

interface Freshness {
  /** Seconds until the page is made anew behind a visitor's back; false or absent: only on demand. */
  revalidate?: number | false;
}

/** What getStaticProps returns. */
export type Result<T> =
  | (Freshness & {
      props: T;
      tags?: string[];
      /** Seconds past which a visitor waits for a new page. */
      expire?: number;
      headers?: Record<string, string>;
      status?: number;
    })
  | (Freshness & { notFound: true })
  | (Freshness & {
      redirect: { destination: string; basePath?: false } & ({ permanent: boolean } | { statusCode: 301 | 302 | 303 | 307 | 308 });
    });

export type GetStaticPaths<P = Params> = (input: PathsInput) => Paths<P> | Promise<Paths<P>>;
export type GetStaticProps<T = Record<string, unknown>, P = Params> = (input: PropsInput<P>) => Result<T> | Promise<Result<T>>;
/** A page without components: text, Html, bytes or a stream of them. */
export type Render<T = Record<string, unknown>, P = Params> = (input: RenderInput<T, P>) => Body | Promise<Body>;
export type Body = string | Html | Uint8Array | ArrayBuffer | AsyncIterable<Uint8Array | string>;

/** Text that is HTML already. */
export class Html {
  constructor(text: string);
  toString(): string;
}

/** Makes a text safe between tags and in quoted attributes. */
export function escape(text: unknown): string;

/** HTML that is put in as it is: only for what nobody else wrote. */
export function raw(text: string): Html;

/**
 * Escapes what is put in: html`<p>${text}</p>`. Html is put in as it is, of arrays every
 * member; null, undefined and false are nothing.
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): Html;

/** A value as it stands in a <script>: no text in it can end the element. */
export function json(value: unknown): Html;

/** A value of [config] in plugin.toml. */
export function config(key: string): string | undefined;

/** What the function that runs was called with. */
export function page(): RenderInput;
