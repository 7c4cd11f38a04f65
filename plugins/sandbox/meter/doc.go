// Package meter makes a module count what it does, and ask the host from time
// to time whether it may go on.
//
// [Add] gives a module a counter, its fuel. The module takes from it as it
// runs, and calls one imported function when there is none left:
//
//	m, err := wasm.Decode(data)
//	…
//	err = meter.Add(m, "wisr", "fuel")
//	binary := m.Encode()
//
// The imported function, (i64) -> i64, gets the fuel that is left, which is
// negative, and returns what is left after it gave more. That is where the host
// looks at the clock and lets others run. What was given, less what is left in
// the exported global [Fuel], is what the module used. It depends on the module
// and its inputs alone, not on how much was given at a time. The module itself
// cannot name the global, which was not there when its code was written.
//
// What costs what: an instruction takes one unit, and one that makes no machine
// code none; a call of the host and memory.grow take more (see cost). What is
// done by length – memory.fill and its like – takes units by length, before it
// is done, and is done in pieces if it is long.
//
// Where it is counted: not where an instruction stands. A function's head takes
// what the cheapest way to a call or an end costs, a loop what a round of it
// does, and what a way costs more than the cheapest to the same place is taken
// before it comes there, if it is more than a few units. So a module may pay for a
// few instructions that it jumped over, never for fewer than it ran. Whether there
// is fuel left is asked each time a loop goes round (but where that is a jump
// forward, see dispatch), in functions that call others, and after each long
// stretch of code without either.
//
// Nothing else about the module changes: it computes the same, and traps where
// it did. The package knows nothing of time, and runs nothing.
package meter
