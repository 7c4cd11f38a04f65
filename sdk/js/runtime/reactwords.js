// React's production build says of an error its number and where on the web it is
// explained. Those that a page on a server meets are here in words; $0 and $1 stand for
// what React tells beside the number.
const WORDS = {
  31: "$0 is no child of an element: show one of its fields, or JSON.stringify it",
  60: "an element has children and dangerouslySetInnerHTML: give it one of them",
  61: "dangerouslySetInnerHTML is an object, { __html: text }",
  62: 'style is an object, as in style={{ marginTop: "1em" }}, and no text',
  65: "$0 is no name of an element",
  91: "a textarea has defaultValue and children: give it one of them",
  92: "a textarea has one child at most",
  93: "a textarea has no dangerouslySetInnerHTML: give it defaultValue",
  130: "$0 is no component: is it exported by this name?",
  257: "portals are for browsers: show the children where they are",
  301: "a component sets its state in every rendering, so that there is no end of them",
  312: "a component calls more hooks than in its rendering before: call them in the same order each time",
  321: "a hook is called outside of a component, or there are two copies of React",
  394: "startTransition is called while the page is rendered: call it in an event's handler",
  399: "<$0> has no children and no dangerouslySetInnerHTML",
  426: "a component waits for data, and no Suspense around it says what to show meanwhile: gather the data in getStaticProps, or export a function named render that waits, by prerender of react-dom/static.edge",
  438: "use() is called with $0, want a promise or a context",
  440: "a function of useEffectEvent is called while the page is rendered: call it in an effect",
  479: "optimistic state is set while the page is rendered: set it in an action",
};

const NUMBERED = /Minified React error #(\d+); visit (\S+).*/;

/** react is what React's error of a number says, undefined if it is not known. */
export function react(number, ...told) {
  return WORDS[number]?.replace(/\$(\d)/g, (_, n) => told[n] || "it");
}

/** inWords is what an error says, in words where React says a number. */
export function inWords(text) {
  return text.replace(NUMBERED, (_, number, page) => {
    const told = [...page.matchAll(/args\[\]=([^&]*)/g)].map(([, arg]) => decodeURIComponent(arg));
    return react(number, ...told) ?? `React's error ${number}, which ${page} explains`;
  });
}

/** numbered tells whether React made an error, which then knows no place in the page. */
export const numbered = (error) => error instanceof Error && NUMBERED.test(error.message);
