package sandbox

// Configuration and variables, as Extism has them: a variable lives as long as
// its instance, from one call to the next.

const (
	maxKey     = 64 << 10 // bytes of a key that are looked at
	maxVars    = 1 << 20  // bytes of all variables: Extism's default
	varsPerKey = 40       // what Extism adds to the bytes of a variable
)

func (c *call) configGet(stack []uint64) {
	key, _ := c.read(stack[0], maxKey)
	stack[0] = c.write([]byte(c.mod.config[string(key)]))
}

func (c *call) varGet(stack []uint64) {
	key, _ := c.read(stack[0], maxKey)
	c.free(stack[0])
	stack[0] = c.write(c.vars[string(key)])
}

// varSet sets a variable; a value of 0 deletes it.
func (c *call) varSet(stack []uint64) {
	k, _ := c.read(stack[0], maxKey)
	key := string(k)
	c.free(stack[0])
	if stack[1] == 0 {
		delete(c.vars, key)
		return
	}
	value, n := c.read(stack[1], maxVars)
	c.free(stack[1])
	total := uint64(len(key)) + n + varsPerKey
	for other, v := range c.vars {
		if other != key {
			total += uint64(len(other) + len(v) + varsPerKey)
		}
	}
	if total > maxVars {
		c.end(CauseError, nil, "variable %q does not fit: all variables together may have %s", short(key), size(maxVars))
	}
	if c.vars == nil {
		c.vars = map[string][]byte{}
	}
	c.vars[key] = value
}
