import { Children, cloneElement, forwardRef, memo, useId } from "preact/compat";

const Link = forwardRef(({ to, ...rest }: any, ref: any) => <a ref={ref} href={to} {...rest} />);
const Quiet = memo(({ name }: any) => <p>{name}</p>);
const Twice = ({ children }: any) => Children.map(children, (c: any) => cloneElement(c, { title: "twice" }));
export default function Page() {
  return (
    <div className="compat" onChange={() => 1}>
      <Link to="/a" className="link" strokeWidth={2}>a</Link><Quiet name="q" /><Twice><b>1</b><b>2</b></Twice><label htmlFor={useId()} />
      <input defaultValue="d" value={undefined} onChange={() => 1} /><select multiple value={["a", "b"] as any}><option value="a">a</option><option value="c">c</option></select>
      <p style={{ width: 3, WebkitTransform: "none" }}>{[1, "two"]}</p><svg><path strokeLinecap="round" xlinkHref="#x" /></svg>
    </div>
  );
}
