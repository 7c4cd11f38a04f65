// The frame of every page.
import type { ComponentChildren } from "preact";

type Props = {
  title: string;
  description: string;
  /** More for the head, such as a script. */
  head?: ComponentChildren;
  children: ComponentChildren;
};

export function Layout({ title, description, head, children }: Props) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <meta name="description" content={description} />
        <meta name="theme-color" content="#faf7f0" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#16181a" media="(prefers-color-scheme: dark)" />
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="alternate" type="application/atom+xml" title="New in the shop" href="/feed.xml" />
        {head}
      </head>
      <body>
        <a class="skip" href="#main">
          To the teas
        </a>
        <header class="top">
          <a class="mark" href="/">
            Halden <span>Tea</span>
          </a>
          <nav aria-label="Kinds of tea">
            <a href="/#green">Green</a>
            <a href="/#black">Black</a>
            <a href="/#oolong">Oolong</a>
            <a href="/#herbal">Herbal</a>
          </nav>
        </header>
        <main id="main">{children}</main>
        <footer>
          <p>Halden Tea, Lower Wharf 4. Tins are filled on Tuesdays and sent on Wednesdays.</p>
          <p>
            <a href="/feed.xml">New in the shop</a>
          </p>
        </footer>
      </body>
    </html>
  );
}

/** What every page may load: its own style sheet, pictures and script. */
export const headers = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "X-Content-Type-Options": "nosniff",
};
