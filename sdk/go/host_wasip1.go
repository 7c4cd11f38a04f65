//go:build wasip1

package page

func hostConfig(key string) string {
	block, err := give([]byte(key))
	if err != nil {
		panic(err) // an empty value would be a lie, and the generation has to fail anyway
	}
	value := take(extismConfigGet(block))
	extismFree(block)
	return string(value)
}

// hostLog drops a line for which there is no memory: a log is not worth the page.
func hostLog(l level, text string) {
	block, err := give([]byte(text))
	if err != nil || block == 0 {
		return
	}
	// The host frees the block.
	switch l {
	case levelDebug:
		extismLogDebug(block)
	case levelInfo:
		extismLogInfo(block)
	case levelWarn:
		extismLogWarn(block)
	case levelError:
		extismLogError(block)
	}
}
