import { createContext } from "preact";
import { useContext, useEffect, useId, useMemo, useReducer, useRef, useState } from "preact/hooks";

const Level = createContext(0);
function Identified({ children }: any) { return <label for={useId()}>{useId()}{children}</label>; }
function Settles() { const [n, set] = useState(0); if (n < 3) set(n + 1); return <b>{n}</b>; }
function Reduces() { const [n, add] = useReducer((s: number, a: number) => s + a, 1); if (n < 10) add(4); return <b>{n}</b>; }
function Nested(): any {
  const level = useContext(Level);
  useEffect(() => { throw new Error("effects do not run"); });
  return level > 3 ? <i>{level}</i> : <Level.Provider value={level + 1}><span><Nested /></span></Level.Provider>;
}
export default function Page() {
  const ref = useRef("r");
  const memo = useMemo(() => ["m"], []);
  return <main>{ref.current}{memo}<Identified><Identified /></Identified><Identified /><Settles /><Reduces /><Nested />{[1, 2].map((k) => <Identified key={k} />)}</main>;
}
