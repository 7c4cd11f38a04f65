package page

import "encoding/json"

// warm has encoding/json look at the types that a page reads and writes, which
// it does once and keeps for as long as the module lives. Done here, when the
// module starts, it is part of what wisr keeps of a start; left to the first
// input, it would be done by every generation, half a millisecond each.
//
// Nothing comes of it but that. A type whose own methods do not take its zero
// value may panic: that it will do so with what it gets is for a call to find.
func warm[P any]() {
	defer func() { _ = recover() }()
	_ = json.Unmarshal([]byte(`{"params":{"a":"b"}}`), new(renderInput[P]))
	_, _ = Result[P]{}.encode()
}
