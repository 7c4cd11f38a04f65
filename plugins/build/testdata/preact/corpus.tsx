// What a page may be made of, as far as it matters to what renders it.
import { Component, Fragment, cloneElement, createContext, createRef, h, toChildArray } from "preact";
import { jsxAttr, jsxEscape, jsxTemplate } from "preact/jsx-runtime";

const Theme = createContext("light");
const Other = createContext("none");

class Counter extends Component<any, any> {
  state = { n: 1 };
  static getDerivedStateFromProps(props: any, state: any) { return { n: state.n + props.by }; }
  render() { return <b>{this.state.n}</b>; }
}
class Mounting extends Component<any, any> {
  componentWillMount() { this.setState({ at: "mount" }); }
  render(_: any, state: any) { return <i>{state.at}</i>; }
}
class Themed extends Component {
  static contextType = Theme;
  render() { return <em>{this.context as any}</em>; }
}
class Legacy extends Component<any> {
  getChildContext() { return { legacy: "given" }; }
  render() { return this.props.children; }
}
function Reader(_: any, context: any) { return <u>{context.legacy ?? "nothing"}</u>; }
function Again(this: any) { this.n = (this.n ?? 0) + 1; if (this.n < 4) this.setState({}); return <s>{this.n}</s>; }
function Defaults({ a, b }: any) { return <q>{a}{b}</q>; }
Defaults.defaultProps = { a: "A", b: "B" };
const Items = ({ children }: any) => <ul>{toChildArray(children).map((c: any) => cloneElement(c, { class: "item" }))}</ul>;
const signal = { value: "signal's", peek() { return this.value; } };
const inherited = Object.assign(Object.create({ title: "inherited" }), { id: "own" });

export default function Page(): any {
  return (
    <div>
      {null}{undefined}{true}{false}{0}{-0}{1.5}{NaN}{12n}{""}{"a & b < c > d \" e ' f"}{"é ☃ 😀"}{() => "function"}{new Date(0) as any}{{ type: "b", props: {} } as any}
      {[1, [2, [null, "three", <b key="4">4</b>]], "<"]}
      <p id="" title={"x\"y<&>"} class="a" className="b" lang={null as any} dir={undefined} hidden>attributes</p>
      <p className="only" data-a={true} data-b={false} data-c={null} data-d="" aria-hidden={true} aria-label={0 as any} draggable={true} spellcheck={false}>more</p>
      <p onClick={() => 1} class={(() => 1) as any} {...{ "x/y": 1, "a b": 1, "": 1, "on<": 1, xlinkHref: "#a", xmlnsXlink: "b", "xml:lang": "en" }}>names</p>
      <p tabIndex={1} {...{ tabindex: 2, accessKey: "k", autoComplete: "off", crossOrigin: "", srcSet: "s", colSpan: 2, noValidate: true, dateTime: "d", itemProp: "p", encType: "e", contentEditable: true }}>case</p>
      <p style={{ color: "red", fontSize: 12, lineHeight: 2, "--x": 3, "-webkit-foo": 4, zIndex: 0, margin: "", padding: null as any, content: "\"<&" }}>style</p>
      <p style="color: blue">style</p><p style={{}}>style</p><p style={null as any}>style</p>
      <label htmlFor="x">for</label><label htmlFor="x" for="y">for</label>
      <input value="v" disabled checked={false} /><input defaultValue="d" defaultChecked /><input value={0} /><input value="" />
      <textarea value="a<b" /><textarea defaultValue="c">ignored</textarea>
      <select value="2"><option value="1">1</option><option value={2}>2</option><optgroup><option value="2" selected={false}>2</option></optgroup></select>
      <select defaultValue={3}><option value="3">3</option><Fragment><option value="4">4</option></Fragment></select>
      <meta name="a" /><br /><img src="a&b" alt="" /><br>{"full"}</br><custom-element some-name="x" someName="y" value="z" /><command />
      <svg viewBox="0 0 1 1" xlinkHref="#s"><g strokeWidth={2} fillOpacity="1" clipPath="c" {...{ panose1: 1, glyphName: 1, vHanging: 1, xHeight: 2, textLength: 3, tabIndex: 1 }}><path d="M0" /><foreignObject strokeWidth={1}><p strokeWidth={3} tabIndex={2}>in</p></foreignObject></g></svg>
      <div dangerouslySetInnerHTML={{ __html: "<b>raw & ready</b>" }}>ignored</div><div dangerouslySetInnerHTML={{ __html: "" }}>shown</div>
      <div dangerouslySetInnerHTML={{ __html: 5 as any }} /><div dangerouslySetInnerHTML={{ __html: ["<i>", "</i>"] as any }} /><div dangerouslySetInnerHTML={null as any}>shown</div>
      <div dangerouslySetInnerHTML={{ __html: ["<i>", 1, "</i>"] as any }} /><br dangerouslySetInnerHTML={{ __html: "x" }} />
      <p title={signal as any}>{signal.value}</p><p title={{ toString: () => "<object>" } as any} id={["a", "b"] as any}>objects</p>
      <p {...inherited} children="props" /><p {...{ 2: "two", 1: "one" }}>numbers</p>
      <></><><i>1</i><i>2</i></><Fragment key="k">keyed<>inner</></Fragment>
      <Counter by={2} /><Mounting /><Themed /><Again /><Defaults b="own" /><Defaults a={undefined} /><p ref={createRef()}>ref</p>
      <Theme.Provider value="dark"><Themed /><Other.Provider value="other"><Theme.Consumer>{(v: any) => <a>{v}</a>}</Theme.Consumer><Other.Consumer>{(v: any) => v}</Other.Consumer></Other.Provider></Theme.Provider><Themed />
      <Legacy><Reader /></Legacy><Reader />
      <Items><li>1</li><li class="own">2</li>{[3, 4].map((n) => <li key={n}>{n}</li>)}</Items>
      {jsxTemplate(["<p ", ">", "</p>"], jsxAttr("title", "a\"b"), jsxEscape(["x<", <b>bold</b>, null]))}{jsxTemplate(["<hr/>"])}
      {h(Fragment, { UNSTABLE_comment: "a comment" } as any)}{h("p", null, "from", " ", "h")}{h("p", { children: "props" })}
    </div>
  );
}
